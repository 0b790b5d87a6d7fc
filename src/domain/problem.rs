//! What can be wrong between us and a partner's Halo, in a closed set of codes, in words a partner understands.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::HaloSubscriptionId;

words! {
    ProblemCode {
        /// The address cannot be a Halo: nothing there speaks Halo's API.
        NotAHaloAddress = "not_a_halo_address",
        /// The address leads to a network that nothing is sent to.
        AddressBlocked = "address_blocked",
        /// The URL now leads to another Halo than the one the associations belong to.
        TenantChanged = "tenant_changed",
        HaloUnreachable = "halo_unreachable",
        RateLimited = "rate_limited",
        AnswerNotUnderstood = "answer_not_understood",
        /// Wrong id or secret, or the application or its agent is gone: Halo answers the same to all of them.
        CredentialsRejected = "credentials_rejected",
        PermissionMissing = "permission_missing",
        LicensingOff = "licensing_off",
        CreateRefused = "create_refused",
        /// A create was sent and Halo's answer is not known. It is looked for before anything is sent again.
        CreateUnconfirmed = "create_unconfirmed",
        /// The customer already has a subscription of ours that nobody owns: a person chooses.
        SubscriptionExists = "subscription_exists",
        DuplicateSubscription = "duplicate_subscription",
        SubscriptionDeleted = "subscription_deleted",
        SubscriptionInactive = "subscription_inactive",
        SubscriptionMoved = "subscription_moved",
        CustomerDeleted = "customer_deleted",
        CustomerMerged = "customer_merged",
        CustomerInactive = "customer_inactive",
        QuantityRefused = "quantity_refused",
        QuantityChangedInHalo = "quantity_changed_in_halo",
        /// The count fell to zero or by more than half: written, and worth a look.
        QuantityFell = "quantity_fell",
        /// Halo did more than was asked, blanked the partner's fields or made a second record: writing stopped.
        FieldsOverwritten = "fields_overwritten",
        /// The partner edited the subscription in the same moment.
        FieldsChanged = "fields_changed",
        AmbiguousRecovery = "ambiguous_recovery",
        /// A fault of ours: a worker died again and again on this run.
        InternalFault = "internal_fault",
    }
}

/// A problem since a moment. `subject` is what the code alone does not say: the missing permission, Halo's reason, ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub code: ProblemCode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    pub since: DateTime<Utc>,
}

impl Problem {
    pub fn new(code: ProblemCode, since: DateTime<Utc>) -> Self {
        Self { code, subject: None, since }
    }

    pub fn about(code: ProblemCode, subject: impl Into<String>, since: DateTime<Utc>) -> Self {
        Self { code, subject: Some(subject.into()), since }
    }

    /// The subscriptions that a person has to choose among. Of these problems, the subject is their ids and no more.
    pub fn subscriptions(&self) -> Vec<HaloSubscriptionId> {
        let (ProblemCode::SubscriptionExists | ProblemCode::DuplicateSubscription | ProblemCode::AmbiguousRecovery) =
            self.code
        else {
            return Vec::new();
        };
        let ids = self.subject.as_deref().unwrap_or_default().split(", ");
        ids.filter_map(|id| id.parse().ok().map(HaloSubscriptionId)).collect()
    }

    /// Keeps the moment at which the same problem was first seen.
    pub fn with_first_seen_from(mut self, before: Option<&Problem>) -> Self {
        if let Some(before) = before.filter(|before| before.code == self.code) {
            self.since = before.since;
        }
        self
    }

    /// What is wrong, for the partner.
    pub fn message(&self) -> String {
        let subject = self.subject.as_deref();
        match self.code {
            ProblemCode::NotAHaloAddress => "There is no Halo PSA at this address.".into(),
            ProblemCode::AddressBlocked => "This address is not a public one, so nothing is sent to it.".into(),
            ProblemCode::TenantChanged => {
                "The URL leads to another Halo than the one your clients are mapped to. Nothing is written.".into()
            }
            ProblemCode::HaloUnreachable => "Halo did not answer. The sync is tried again by itself.".into(),
            ProblemCode::RateLimited => {
                "Halo asked for a pause because of too many requests. The sync goes on by itself.".into()
            }
            ProblemCode::AnswerNotUnderstood => "Halo gave an answer that INFIMA does not understand.".into(),
            ProblemCode::CredentialsRejected => {
                let since = subject.map(|until| format!(" It last worked on {until}.")).unwrap_or_default();
                format!(
                    "Halo does not accept the Client ID and Client Secret.{since} The application may be deleted or \
                     inactive, its secret renewed, or its agent removed."
                )
            }
            ProblemCode::PermissionMissing => match subject {
                Some(permission) => format!("Halo refuses access: {permission} is missing."),
                None => "Halo refuses access: a permission is missing.".into(),
            },
            ProblemCode::LicensingOff => "Software Licencing is switched off in Halo.".into(),
            ProblemCode::CreateRefused => with_reason("Halo refused to create the subscription", subject),
            ProblemCode::CreateUnconfirmed => {
                "Halo has not confirmed yet that it created the subscription. It is looked for before anything is sent \
                 again, so there cannot be two."
                    .into()
            }
            ProblemCode::SubscriptionExists => match subject {
                Some(ids) => format!("The customer already has an INFIMA subscription ({ids}) that no client uses."),
                None => "The customer already has an INFIMA subscription that no client uses.".into(),
            },
            ProblemCode::DuplicateSubscription => match subject {
                Some(ids) => format!("Halo holds more than one subscription for this client ({ids})."),
                None => "Halo holds more than one subscription for this client.".into(),
            },
            ProblemCode::SubscriptionDeleted => "The subscription was deleted in Halo.".into(),
            ProblemCode::SubscriptionInactive => "The subscription is inactive in Halo.".into(),
            ProblemCode::SubscriptionMoved => {
                "The subscription was moved to another customer in Halo. It is still kept up to date there.".into()
            }
            ProblemCode::CustomerDeleted => "The customer does not exist in Halo any more.".into(),
            ProblemCode::CustomerMerged => "The customer was merged into another one in Halo.".into(),
            ProblemCode::CustomerInactive => "The customer is inactive in Halo.".into(),
            ProblemCode::QuantityRefused => with_reason("Halo refused the quantity", subject),
            ProblemCode::QuantityChangedInHalo => {
                "The quantity was changed in Halo. INFIMA keeps it at the active user count.".into()
            }
            ProblemCode::QuantityFell => {
                "The active user count fell to zero or by more than half. It is written all the same: please check that \
                 it is right."
                    .into()
            }
            ProblemCode::FieldsOverwritten => match subject {
                Some(what) => format!("Halo did more than write the quantity: {what}. Writing has stopped."),
                None => "Halo did more than write the quantity of a subscription. Writing has stopped.".into(),
            },
            ProblemCode::FieldsChanged => {
                "The subscription was edited in Halo at the moment of the sync. Your edit was kept.".into()
            }
            ProblemCode::AmbiguousRecovery => match subject {
                Some(ids) => format!("More than one subscription in Halo could be this client's ({ids})."),
                None => "More than one subscription in Halo could be this client's.".into(),
            },
            ProblemCode::InternalFault => "The sync stopped because of a fault at INFIMA. We are told of it.".into(),
        }
    }

    /// How to mend it; none where nothing has to be done.
    pub fn remedy(&self) -> Option<&'static str> {
        Some(match self.code {
            ProblemCode::NotAHaloAddress | ProblemCode::AddressBlocked => {
                "Copy the URL from Halo: Configuration > Integrations > HaloPSA API > API Details."
            }
            ProblemCode::TenantChanged => {
                "Save the URL of the Halo that your clients are mapped to, or remove the associations first."
            }
            ProblemCode::CredentialsRejected => {
                "In Halo, check that the application is active and its agent exists, then save its Client ID and a new \
                 Client Secret here."
            }
            ProblemCode::PermissionMissing => {
                "Grant it in Halo, both to the application and to its agent, then recheck the connection."
            }
            ProblemCode::LicensingOff => {
                "Switch on Software Licencing in Halo: Configuration > Asset Management. Then recheck the connection."
            }
            ProblemCode::CreateRefused => "Mend what Halo names, then sync this client again.",
            ProblemCode::SubscriptionExists | ProblemCode::AmbiguousRecovery => {
                "Choose the subscription to use, or have a new one created."
            }
            ProblemCode::DuplicateSubscription => {
                "Delete or deactivate in Halo the one that is not wanted, and take it off the recurring invoice."
            }
            ProblemCode::SubscriptionDeleted => "Have a new subscription created, or remove the association.",
            ProblemCode::SubscriptionInactive => "Activate it in Halo, or remove the association.",
            ProblemCode::CustomerDeleted | ProblemCode::CustomerMerged | ProblemCode::CustomerInactive => {
                "Map the client to another Halo customer, or restore the customer in Halo."
            }
            ProblemCode::QuantityRefused => match self.subject.as_deref() {
                Some(subject) if subject.starts_with("0:") => {
                    "If nothing is to be billed, deactivate the subscription in Halo. The quantity is written again as \
                     soon as the client has active users."
                }
                _ => "Check in Halo why the quantity is not accepted, then sync again.",
            },
            ProblemCode::FieldsOverwritten => {
                "In Halo, mend the subscription's name, price and cost and delete any second one that was made, then confirm here that writing may go on."
            }
            ProblemCode::AnswerNotUnderstood => "Tell INFIMA's support; they see Halo's answer.",
            ProblemCode::SubscriptionMoved => "If that was not intended, move it back in Halo.",
            ProblemCode::HaloUnreachable
            | ProblemCode::RateLimited
            | ProblemCode::CreateUnconfirmed
            | ProblemCode::QuantityChangedInHalo
            | ProblemCode::QuantityFell
            | ProblemCode::FieldsChanged
            | ProblemCode::InternalFault => return None,
        })
    }

    /// The heading of the published guide that describes the step.
    pub fn guide_step(&self) -> Option<&'static str> {
        Some(match self.code {
            ProblemCode::NotAHaloAddress | ProblemCode::AddressBlocked | ProblemCode::TenantChanged => {
                "Save Halo PSA Connection Details"
            }
            ProblemCode::CredentialsRejected => "Creating an Application",
            ProblemCode::PermissionMissing => match self.subject.as_deref() {
                Some(subject) if subject.contains("Access Level") => "Creating an API Agent",
                _ => "Creating an Application",
            },
            ProblemCode::LicensingOff => "Creating an API Agent",
            ProblemCode::CustomerDeleted
            | ProblemCode::CustomerMerged
            | ProblemCode::CustomerInactive
            | ProblemCode::SubscriptionExists
            | ProblemCode::AmbiguousRecovery => "Map INFIMA Clients to Halo Clients",
            ProblemCode::CreateRefused
            | ProblemCode::DuplicateSubscription
            | ProblemCode::SubscriptionDeleted
            | ProblemCode::SubscriptionInactive
            | ProblemCode::SubscriptionMoved
            | ProblemCode::QuantityRefused
            | ProblemCode::QuantityChangedInHalo
            | ProblemCode::FieldsOverwritten => "Subscription Management",
            ProblemCode::HaloUnreachable
            | ProblemCode::RateLimited
            | ProblemCode::AnswerNotUnderstood
            | ProblemCode::CreateUnconfirmed
            | ProblemCode::QuantityFell
            | ProblemCode::FieldsChanged
            | ProblemCode::InternalFault => return None,
        })
    }
}

fn with_reason(what: &str, reason: Option<&str>) -> String {
    match reason {
        Some(reason) => format!("{what}: {reason}"),
        None => format!("{what}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published guide's headings.
    const GUIDE: [&str; 6] = [
        "Creating an API Agent",
        "Creating an Application",
        "Save Halo PSA Connection Details",
        "Map INFIMA Clients to Halo Clients",
        "Subscription Management",
        "Sync Process",
    ];

    /// Each problem with and without what it may be about.
    fn all() -> impl Iterator<Item = Problem> {
        let now = DateTime::UNIX_EPOCH;
        ProblemCode::ALL
            .iter()
            .flat_map(move |&code| [Problem::new(code, now), Problem::about(code, "0: 9001, x", now)])
    }

    #[test]
    fn each_problem_is_told_in_whole_sentences_without_our_own_words_for_it() {
        for problem in all() {
            for text in [Some(problem.message().as_str()), problem.remedy()].into_iter().flatten() {
                assert!(text.starts_with(char::is_uppercase) && !text.contains("  "), "{text}");
                assert!(text.ends_with('.') || problem.subject.is_some(), "{text}");
                assert!(!text.contains('_'), "{text}");
            }
        }
    }

    #[test]
    fn what_the_partner_can_mend_has_a_remedy_and_a_step_of_the_guide() {
        use ProblemCode::*;
        for problem in all() {
            let (remedy, step) = (problem.remedy(), problem.guide_step());
            assert!(step.is_none_or(|step| GUIDE.contains(&step)), "{step:?} is no heading of the guide");
            let (mended, described) = match problem.code {
                // It goes on by itself, or nothing has to be done.
                HaloUnreachable | RateLimited | CreateUnconfirmed | QuantityFell | FieldsChanged | InternalFault => {
                    (false, false)
                }
                // Worth knowing; the guide says that the quantity is kept up to date.
                QuantityChangedInHalo => (false, true),
                AnswerNotUnderstood => (true, false),
                NotAHaloAddress
                | AddressBlocked
                | TenantChanged
                | CredentialsRejected
                | PermissionMissing
                | LicensingOff
                | CreateRefused
                | SubscriptionExists
                | DuplicateSubscription
                | SubscriptionDeleted
                | SubscriptionInactive
                | SubscriptionMoved
                | CustomerDeleted
                | CustomerMerged
                | CustomerInactive
                | QuantityRefused
                | FieldsOverwritten
                | AmbiguousRecovery => (true, true),
            };
            assert_eq!((remedy.is_some(), step.is_some()), (mended, described), "{:?}", problem.code);
        }
    }

    #[test]
    fn only_a_question_about_subscriptions_names_some() {
        for problem in all().filter(|problem| problem.subject.is_none()) {
            assert_eq!(problem.subscriptions(), [], "{:?}", problem.code);
        }
        let asks =
            |&code: &ProblemCode| !Problem::about(code, "9001, 9002", DateTime::UNIX_EPOCH).subscriptions().is_empty();
        use ProblemCode::*;
        assert_eq!(
            ProblemCode::ALL.iter().copied().filter(asks).collect::<Vec<_>>(),
            [SubscriptionExists, DuplicateSubscription, AmbiguousRecovery]
        );
        let problem = Problem::about(SubscriptionExists, "9001, 9002", DateTime::UNIX_EPOCH);
        assert_eq!(problem.subscriptions(), [9001, 9002].map(HaloSubscriptionId));
    }

    #[test]
    fn a_missing_level_is_the_agents_and_a_missing_scope_the_applications() {
        let missing = |subject| Problem::about(ProblemCode::PermissionMissing, subject, DateTime::UNIX_EPOCH);
        assert_eq!(missing("read:customers").guide_step(), Some("Creating an Application"));
        assert_eq!(missing("Customers Access Level: Read Only").guide_step(), Some("Creating an API Agent"));
    }
}
