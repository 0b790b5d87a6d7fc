//! Explains problems.

use crate::domain::guide::{GuideStep, Permission};
use crate::domain::problem::{Overwritten, Problem, ProblemKind, QuantityRefusal, TenantEvidence, UnusableAnswer};
use crate::ids::HaloSubscriptionId;

impl Problem {
    /// What is wrong, for the partner.
    pub fn message(&self) -> String {
        self.kind.message()
    }

    /// How to resolve the problem; none if nothing has to be done.
    pub fn remedy(&self) -> Option<&'static str> {
        self.kind.remedy()
    }

    /// The heading of the published guide that describes the step.
    pub fn guide_step(&self) -> Option<GuideStep> {
        self.kind.guide_step()
    }
}

impl ProblemKind {
    pub fn message(&self) -> String {
        match self {
            ProblemKind::NotAHaloAddress { tried } if tried.is_empty() => {
                "There is no Halo PSA at this address: what answers there is something else.".into()
            }
            ProblemKind::NotAHaloAddress { tried } => {
                format!("Halo answers at this address and issues no tokens. INFIMA tried {}.", tried.join(", "))
            }
            ProblemKind::AddressBlocked => {
                "This address is not on the public internet, so INFIMA sends nothing to it.".into()
            }
            ProblemKind::TenantChanged { evidence } => {
                let found = evidence.map(|TenantEvidence { found, total }| match total {
                    0 => " There is no subscription yet by which INFIMA could recognise it.".to_owned(),
                    _ => format!(" Of {total} subscriptions that INFIMA looked for, it shows {found}."),
                });
                format!(
                    "The Halo at this URL has another identity than the one your clients are mapped to, so INFIMA writes \
                     nothing.{}",
                    found.unwrap_or_default()
                )
            }
            ProblemKind::HaloUnreachable { retried } => {
                continuing("Halo did not answer.", *retried, "INFIMA tries the sync again by itself.")
            }
            ProblemKind::HaloUnavailable { answer, retried } => {
                continuing(&answer.message(), *retried, "INFIMA tries the sync again by itself.")
            }
            ProblemKind::RateLimited { retried } => continuing(
                "Halo has had too many requests and asked for a pause.",
                *retried,
                "The sync continues by itself.",
            ),
            ProblemKind::BudgetExhausted { retried } => continuing(
                "INFIMA limits its own requests to your Halo, and that limit is reached for now.",
                *retried,
                "The sync continues by itself.",
            ),
            ProblemKind::RequestNotSent { retried } => continuing(
                "INFIMA could not send a request to Halo in time. Nothing was sent.",
                *retried,
                "INFIMA tries the sync again by itself.",
            ),
            ProblemKind::AnswerNotUnderstood => "Halo gave an answer that INFIMA does not understand.".into(),
            ProblemKind::AnswerTooLarge => {
                "Halo's answer is larger than INFIMA reads, even for a single record.".into()
            }
            ProblemKind::RequestRefused { reason } => format!("Halo refused INFIMA's request: {reason}"),
            ProblemKind::CredentialsRejected { last_worked } => {
                let since = last_worked.map(|at| format!(" It last worked on {}.", at.format("%-d %B %Y, %H:%M UTC")));
                format!(
                    "Halo does not accept the Client ID and Client Secret.{} The application may be deleted or \
                     inactive, its secret renewed, or its agent removed.",
                    since.unwrap_or_default()
                )
            }
            ProblemKind::PermissionMissing { permission } => match permission {
                Permission::AgentSoftwareLicencing => format!(
                    "Halo refuses access: the agent lacks {}, or Software Licencing is switched off in Halo.",
                    permission.label()
                ),
                permission => {
                    format!("Halo refuses access: {} lacks {}.", permission.holder(), permission.label())
                }
            },
            ProblemKind::LicensingOff => "Software Licencing is switched off in Halo.".into(),
            ProblemKind::CreateRefused { reason } => format!("Halo refused to create the subscription: {reason}"),
            ProblemKind::CreateUnconfirmed => {
                "Halo has not confirmed yet that it created the subscription. INFIMA looks for the subscription before \
                 it sends anything again, so there cannot be two."
                    .into()
            }
            ProblemKind::SubscriptionExists { ids } => {
                format!("The customer already has an INFIMA subscription ({}) that no client uses.", listed(ids))
            }
            ProblemKind::DuplicateSubscription { ids } => {
                format!("Halo holds more than one subscription for this client ({}).", listed(ids))
            }
            ProblemKind::SubscriptionDeleted => "The subscription was deleted in Halo.".into(),
            ProblemKind::SubscriptionNotVisible => {
                "Halo no longer shows the subscription or its customer. The API agent may no longer see this customer, or \
                 the customer was deleted in Halo. INFIMA writes nothing for it meanwhile."
                    .into()
            }
            ProblemKind::CustomersNotVisible { hidden, total } => format!(
                "The API agent no longer sees most of the customers that your clients are mapped to: of {total} \
                 subscriptions, Halo hides {hidden}, and their customers. INFIMA writes nothing for these meanwhile."
            ),
            ProblemKind::SubscriptionInactive { .. } => "The subscription is inactive in Halo.".into(),
            ProblemKind::SubscriptionMoved => {
                "The subscription was moved to another customer in Halo. INFIMA keeps it up to date there.".into()
            }
            ProblemKind::CustomerDeleted => {
                "Halo no longer shows the customer: it was deleted, or the API agent may no longer see it.".into()
            }
            ProblemKind::CustomerMerged => "The customer was merged into another one in Halo.".into(),
            ProblemKind::CustomerInactive => "The customer is inactive in Halo.".into(),
            ProblemKind::QuantityRefused { quantity, refusal } => match refusal {
                QuantityRefusal::Rejected { reason } => format!("Halo refused the quantity {quantity}: {reason}"),
                QuantityRefusal::NotKept { shown } => {
                    format!("Halo did not keep the quantity {quantity}: it shows {shown} instead.")
                }
            },
            ProblemKind::QuantityChangedInHalo => {
                "The quantity was changed in Halo. INFIMA keeps it at the active user count.".into()
            }
            ProblemKind::QuantityFell => {
                "The active user count fell to zero or by more than half. INFIMA writes it nevertheless: please check \
                 that it is right."
                    .into()
            }
            ProblemKind::QuantityHeld { from, to, limit } => format!(
                "The active user count is {to}, and Halo shows {from}. The quantity would fall by more than {limit} %, \
                 so INFIMA has not written it."
            ),
            ProblemKind::FieldsOverwritten { what } => match what {
                Some(Overwritten::Fields(fields)) => format!(
                    "Halo changed more than the quantity of the subscription. Blank, zero or off now: {}. INFIMA \
                     writes nothing more for you until you confirm.",
                    named(fields)
                ),
                Some(Overwritten::Record { made, beside }) => format!(
                    "Halo made a second subscription ({made}) when INFIMA wrote the quantity of {beside}. INFIMA \
                     writes nothing more for you until you confirm."
                ),
                None => "Halo changed more than the quantity of a subscription. INFIMA writes nothing more for you \
                         until you confirm."
                    .into(),
            },
            ProblemKind::FieldsChanged { fields } => format!(
                "The subscription was edited in Halo at the moment of the sync ({}). Your edit was kept.",
                named(fields)
            ),
            ProblemKind::AmbiguousRecovery { ids } => {
                format!("More than one subscription in Halo could be this client's ({}).", listed(ids))
            }
            ProblemKind::InternalFault => {
                "The sync stopped because of a fault at INFIMA, whose support was notified.".into()
            }
        }
    }

    pub fn remedy(&self) -> Option<&'static str> {
        Some(match self {
            ProblemKind::NotAHaloAddress { .. } | ProblemKind::AddressBlocked => {
                "Copy the URL from Halo: Configuration > Integrations > HaloPSA API > API Details."
            }
            ProblemKind::TenantChanged { .. } => {
                "If it is the same Halo under another name, confirm here that your associations are carried over. If it is \
                 another Halo, have them archived, or save the URL of the Halo that your clients are mapped to."
            }
            ProblemKind::HaloUnreachable { retried: false } => "Check the address, or try again in a few minutes.",
            ProblemKind::HaloUnavailable { retried: false, .. } => {
                "Open your Halo in a browser: if it does not work there either, wait until it does; if it does, check \
                 the address. Then try again."
            }
            ProblemKind::RateLimited { retried: false }
            | ProblemKind::BudgetExhausted { retried: false }
            | ProblemKind::RequestNotSent { retried: false } => "Try again in a few minutes.",
            ProblemKind::CredentialsRejected { .. } => {
                "In Halo, check that the application is active and its agent exists, then save its Client ID and a new \
                 Client Secret here."
            }
            ProblemKind::PermissionMissing { permission } => match permission {
                Permission::AgentSoftwareLicencing => {
                    "In Halo, set the agent's Software Licencing Access Level to Read And Modify, and check that \
                     Software Licencing is switched on (Configuration > Asset Management). Then sync again."
                }
                Permission::EditSoftwareLicensing => {
                    "In Halo, grant edit:softwarelicensing to the application. Then sync again."
                }
                Permission::ReadCustomers | Permission::ReadInvoices => {
                    "In Halo, grant it to the application, then recheck the connection."
                }
                Permission::AgentCustomers | Permission::AgentUsers | Permission::AgentInvoices => {
                    "In Halo, grant it to the agent, then recheck the connection."
                }
            },
            ProblemKind::LicensingOff => {
                "Switch on Software Licencing in Halo (Configuration > Asset Management), then recheck the connection."
            }
            ProblemKind::CreateRefused { .. } => {
                "Fix in Halo what it names, then sync this client again. Or create the subscription by hand in Halo, for the \
                 same customer, and choose it here as the subscription to use, by its id in Halo."
            }
            ProblemKind::SubscriptionExists { .. } | ProblemKind::AmbiguousRecovery { .. } => {
                "Choose the subscription to use, or have a new one created."
            }
            ProblemKind::DuplicateSubscription { .. } => {
                "Delete or deactivate in Halo the one that is not wanted, and take it off the recurring invoice."
            }
            ProblemKind::SubscriptionDeleted => "Have a new subscription created, or remove the association.",
            ProblemKind::SubscriptionNotVisible => {
                "In Halo, check that the customer exists and that the API agent may see it: its teams, its Customers \
                 Access Level and \"Allow use of all Customers\". Then sync again. If the customer is gone, remove the \
                 association."
            }
            ProblemKind::CustomersNotVisible { .. } => {
                "In Halo, open the API agent and check its teams, its Customers Access Level and \"Allow use of all \
                 Customers\". The sync continues as soon as the agent sees the customers again."
            }
            ProblemKind::SubscriptionInactive { .. } => "Activate it in Halo, or remove the association.",
            ProblemKind::CustomerDeleted | ProblemKind::CustomerMerged | ProblemKind::CustomerInactive => {
                "Map the client to another Halo customer, or restore the customer in Halo."
            }
            ProblemKind::QuantityRefused { quantity: 0, refusal: QuantityRefusal::Rejected { .. } } => {
                "If nothing is to be billed, deactivate the subscription in Halo. INFIMA writes the quantity again as \
                 soon as the client has active users."
            }
            ProblemKind::QuantityRefused { .. } => {
                "Check in Halo why it does not accept the quantity, then sync again."
            }
            ProblemKind::QuantityHeld { .. } => {
                "Check the client's users at INFIMA. If the count is right, confirm it here, and INFIMA writes it."
            }
            ProblemKind::FieldsOverwritten { .. } => {
                "In Halo, enter again what the subscription has lost, and delete a second one if it was made. Then \
                 confirm here that INFIMA may write again."
            }
            ProblemKind::AnswerNotUnderstood => "Contact INFIMA's support, who can see Halo's answer.",
            ProblemKind::AnswerTooLarge => {
                "Look in Halo for records with very large pictures or texts and shorten them, or contact INFIMA's support."
            }
            ProblemKind::RequestRefused { .. } => {
                "Fix in Halo what it names. If nothing is wrong there, contact INFIMA's support."
            }
            ProblemKind::SubscriptionMoved => "If that was not intended, move it back in Halo.",
            ProblemKind::HaloUnreachable { retried: true }
            | ProblemKind::HaloUnavailable { retried: true, .. }
            | ProblemKind::RequestNotSent { retried: true }
            | ProblemKind::RateLimited { retried: true }
            | ProblemKind::BudgetExhausted { retried: true }
            | ProblemKind::CreateUnconfirmed
            | ProblemKind::QuantityChangedInHalo
            | ProblemKind::QuantityFell
            | ProblemKind::FieldsChanged { .. }
            | ProblemKind::InternalFault => return None,
        })
    }

    pub fn guide_step(&self) -> Option<GuideStep> {
        Some(match self {
            ProblemKind::NotAHaloAddress { .. } | ProblemKind::AddressBlocked | ProblemKind::TenantChanged { .. } => {
                GuideStep::ConnectionDetails
            }
            ProblemKind::CredentialsRejected { .. } => GuideStep::Application,
            ProblemKind::SubscriptionNotVisible | ProblemKind::CustomersNotVisible { .. } => GuideStep::ApiAgent,
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
            ProblemKind::HaloUnreachable { .. }
            | ProblemKind::HaloUnavailable { .. }
            | ProblemKind::RequestNotSent { .. }
            | ProblemKind::AnswerTooLarge
            | ProblemKind::RequestRefused { .. }
            | ProblemKind::RateLimited { .. }
            | ProblemKind::BudgetExhausted { .. }
            | ProblemKind::AnswerNotUnderstood
            | ProblemKind::CreateUnconfirmed
            | ProblemKind::QuantityFell
            | ProblemKind::QuantityHeld { .. }
            | ProblemKind::FieldsChanged { .. }
            | ProblemKind::InternalFault => return None,
        })
    }
}

impl UnusableAnswer {
    fn message(&self) -> String {
        match self {
            UnusableAnswer::ServerError { status } => {
                format!("Halo, or a gateway before it, answered with an error of its own (status {status}).")
            }
            UnusableAnswer::NotApi => {
                "What answers at the address of your Halo is not its API, but for example a page that is shown during \
                 maintenance."
                    .into()
            }
            UnusableAnswer::NoTokens { tried } => {
                format!("Halo answers and issues no tokens now. INFIMA tried {}.", tried.join(", "))
            }
        }
    }
}

fn continuing(what: &str, retried: bool, how: &str) -> String {
    if retried { format!("{what} {how}") } else { what.to_owned() }
}

/// A record that was replaced has lost dozens of fields. The important ones come first.
fn named(fields: &[String]) -> String {
    const MOST: usize = 12;
    match fields.len().checked_sub(MOST) {
        Some(more @ 1..) => format!("{} and {more} more", fields[..MOST].join(", ")),
        Some(0) | None => fields.join(", "),
    }
}

fn listed(ids: &[HaloSubscriptionId]) -> String {
    const MOST: usize = 20;
    let listed: Vec<_> = ids.iter().take(MOST).map(ToString::to_string).collect();
    match ids.len().saturating_sub(MOST) {
        0 => listed.join(", "),
        more => format!("{} and {more} more", listed.join(", ")),
    }
}
