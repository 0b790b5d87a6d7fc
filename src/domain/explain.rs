//! Explains a problem to the partner: what happened, what to do about it, and which step of the
//! published guide describes that.

use super::guide::{GuideStep, Permission};
use super::problem::{Overwritten, Problem, ProblemKind, QuantityRefusal};
use crate::ids::HaloSubscriptionId;

impl Problem {
    /// What is wrong, for the partner.
    pub fn message(&self) -> String {
        match &self.kind {
            ProblemKind::NotAHaloAddress { tried } if tried.is_empty() => "There is no Halo PSA at this address.".into(),
            ProblemKind::NotAHaloAddress { tried } => {
                format!("Halo answers at this address and issues no tokens. INFIMA tried {}.", tried.join(", "))
            }
            ProblemKind::AddressBlocked => "This address is not a public one, so nothing is sent to it.".into(),
            ProblemKind::TenantChanged => {
                "The URL leads to another Halo than the one your clients are mapped to. Nothing is written.".into()
            }
            ProblemKind::HaloUnreachable => "Halo did not answer. The sync is tried again by itself.".into(),
            ProblemKind::RateLimited => {
                "Halo asked for a pause because of too many requests. The sync goes on by itself.".into()
            }
            ProblemKind::AnswerNotUnderstood => "Halo gave an answer that INFIMA does not understand.".into(),
            ProblemKind::CredentialsRejected { last_worked } => {
                let since = last_worked.map(|at| format!(" It last worked on {}.", at.format("%-d %B %Y, %H:%M UTC")));
                format!(
                    "Halo does not accept the Client ID and Client Secret.{} The application may be deleted or \
                     inactive, its secret renewed, or its agent removed.",
                    since.unwrap_or_default()
                )
            }
            ProblemKind::PermissionMissing { permission } => {
                format!("Halo refuses access: {} is missing.", permission.label())
            }
            ProblemKind::LicensingOff => "Software Licencing is switched off in Halo.".into(),
            ProblemKind::CreateRefused { reason } => format!("Halo refused to create the subscription: {reason}"),
            ProblemKind::CreateUnconfirmed => {
                "Halo has not confirmed yet that it created the subscription. It is looked for before anything is sent \
                 again, so there cannot be two."
                    .into()
            }
            ProblemKind::SubscriptionExists { ids } => {
                format!("The customer already has an INFIMA subscription ({}) that no client uses.", listed(ids))
            }
            ProblemKind::DuplicateSubscription { ids } => {
                format!("Halo holds more than one subscription for this client ({}).", listed(ids))
            }
            ProblemKind::SubscriptionDeleted => "The subscription was deleted in Halo.".into(),
            ProblemKind::SubscriptionInactive { .. } => "The subscription is inactive in Halo.".into(),
            ProblemKind::SubscriptionMoved => {
                "The subscription was moved to another customer in Halo. It is still kept up to date there.".into()
            }
            ProblemKind::CustomerDeleted => "The customer does not exist in Halo any more.".into(),
            ProblemKind::CustomerMerged => "The customer was merged into another one in Halo.".into(),
            ProblemKind::CustomerInactive => "The customer is inactive in Halo.".into(),
            ProblemKind::QuantityRefused { quantity, refusal } => match refusal {
                QuantityRefusal::Rejected { reason } => format!("Halo refused the quantity: {quantity}: {reason}"),
                QuantityRefusal::NotKept { shown } => {
                    format!("Halo refused the quantity: Halo shows {shown} instead of {quantity}")
                }
            },
            ProblemKind::QuantityChangedInHalo => {
                "The quantity was changed in Halo. INFIMA keeps it at the active user count.".into()
            }
            ProblemKind::QuantityFell => {
                "The active user count fell to zero or by more than half. It is written all the same: please check that \
                 it is right."
                    .into()
            }
            ProblemKind::FieldsOverwritten { what } => match what {
                Some(Overwritten::Fields(fields)) => format!(
                    "Halo did more than write the quantity: blank or zero now: {}. Writing has stopped.",
                    fields.join(", ")
                ),
                Some(Overwritten::Record { made, beside }) => format!(
                    "Halo did more than write the quantity: subscription {made} was made beside {beside}. Writing has \
                     stopped."
                ),
                None => "Halo did more than write the quantity of a subscription. Writing has stopped.".into(),
            },
            ProblemKind::FieldsChanged { .. } => {
                "The subscription was edited in Halo at the moment of the sync. Your edit was kept.".into()
            }
            ProblemKind::AmbiguousRecovery { ids } => {
                format!("More than one subscription in Halo could be this client's ({}).", listed(ids))
            }
            ProblemKind::InternalFault => "The sync stopped because of a fault at INFIMA. We are told of it.".into(),
        }
    }

    /// How to resolve the problem; none if nothing has to be done.
    pub fn remedy(&self) -> Option<&'static str> {
        Some(match &self.kind {
            ProblemKind::NotAHaloAddress { .. } | ProblemKind::AddressBlocked => {
                "Copy the URL from Halo: Configuration > Integrations > HaloPSA API > API Details."
            }
            ProblemKind::TenantChanged => {
                "Save the URL of the Halo that your clients are mapped to, or remove the associations first."
            }
            ProblemKind::CredentialsRejected { .. } => {
                "In Halo, check that the application is active and its agent exists, then save its Client ID and a new \
                 Client Secret here."
            }
            ProblemKind::PermissionMissing { .. } => {
                "Grant it in Halo, both to the application and to its agent, then recheck the connection."
            }
            ProblemKind::LicensingOff => {
                "Switch on Software Licencing in Halo: Configuration > Asset Management. Then recheck the connection."
            }
            ProblemKind::CreateRefused { .. } => "Mend what Halo names, then sync this client again.",
            ProblemKind::SubscriptionExists { .. } | ProblemKind::AmbiguousRecovery { .. } => {
                "Choose the subscription to use, or have a new one created."
            }
            ProblemKind::DuplicateSubscription { .. } => {
                "Delete or deactivate in Halo the one that is not wanted, and take it off the recurring invoice."
            }
            ProblemKind::SubscriptionDeleted => "Have a new subscription created, or remove the association.",
            ProblemKind::SubscriptionInactive { .. } => "Activate it in Halo, or remove the association.",
            ProblemKind::CustomerDeleted | ProblemKind::CustomerMerged | ProblemKind::CustomerInactive => {
                "Map the client to another Halo customer, or restore the customer in Halo."
            }
            ProblemKind::QuantityRefused { quantity: 0, refusal: QuantityRefusal::Rejected { .. } } => {
                "If nothing is to be billed, deactivate the subscription in Halo. The quantity is written again as \
                 soon as the client has active users."
            }
            ProblemKind::QuantityRefused { .. } => "Check in Halo why the quantity is not accepted, then sync again.",
            ProblemKind::FieldsOverwritten { .. } => {
                "In Halo, mend the subscription's name, price and cost and delete any second one that was made, then confirm here that writing may go on."
            }
            ProblemKind::AnswerNotUnderstood => "Tell INFIMA's support; they see Halo's answer.",
            ProblemKind::SubscriptionMoved => "If that was not intended, move it back in Halo.",
            ProblemKind::HaloUnreachable
            | ProblemKind::RateLimited
            | ProblemKind::CreateUnconfirmed
            | ProblemKind::QuantityChangedInHalo
            | ProblemKind::QuantityFell
            | ProblemKind::FieldsChanged { .. }
            | ProblemKind::InternalFault => return None,
        })
    }

    /// The heading of the published guide that describes the step.
    pub fn guide_step(&self) -> Option<GuideStep> {
        Some(match &self.kind {
            ProblemKind::NotAHaloAddress { .. } | ProblemKind::AddressBlocked | ProblemKind::TenantChanged => {
                GuideStep::ConnectionDetails
            }
            ProblemKind::CredentialsRejected { .. } => GuideStep::Application,
            ProblemKind::PermissionMissing { permission } => permission.guide_step(),
            ProblemKind::LicensingOff => Permission::AgentSoftwareLicencing.guide_step(),
            ProblemKind::CustomerDeleted
            | ProblemKind::CustomerMerged
            | ProblemKind::CustomerInactive
            | ProblemKind::SubscriptionExists { .. }
            | ProblemKind::AmbiguousRecovery { .. } => GuideStep::Mapping,
            ProblemKind::CreateRefused { .. }
            | ProblemKind::DuplicateSubscription { .. }
            | ProblemKind::SubscriptionDeleted
            | ProblemKind::SubscriptionInactive { .. }
            | ProblemKind::SubscriptionMoved
            | ProblemKind::QuantityRefused { .. }
            | ProblemKind::QuantityChangedInHalo
            | ProblemKind::FieldsOverwritten { .. } => GuideStep::SubscriptionManagement,
            ProblemKind::HaloUnreachable
            | ProblemKind::RateLimited
            | ProblemKind::AnswerNotUnderstood
            | ProblemKind::CreateUnconfirmed
            | ProblemKind::QuantityFell
            | ProblemKind::FieldsChanged { .. }
            | ProblemKind::InternalFault => return None,
        })
    }
}

fn listed(ids: &[HaloSubscriptionId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
