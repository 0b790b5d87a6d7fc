//! The policy: one table of roles and acts.

use strum::VariantArray;

use super::{
    caller::{Caller, Role},
    scope::{PartnerScope, SystemScope},
};
use crate::ids::PartnerId;

// A new field or mutation uses one of these, or adds one: the table below does not compile until it
// says who may do it. The API shows them, with these descriptions.
/// The acts that the policy can permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::VariantArray, async_graphql::Enum)]
#[graphql(name = "Permission")]
pub enum Act {
    /// View a partner: its clients, connection, associations and syncs.
    ViewPartner,
    /// View the users behind a client's count. Their e-mail addresses are masked, but for a
    /// partner's administrators where INFIMA's configuration shows them.
    ViewUsers,
    /// View the audit log.
    ViewActivity,
    /// View Halo's answer beside the result of a sync.
    ViewEvidence,
    /// List all partners.
    ListPartners,
    /// Search the partner's customers in Halo.
    SearchCustomers,
    /// Preview the changes of a sync.
    Preview,
    /// Store the details of the Halo connection.
    SaveConnection,
    /// Check given details of a Halo connection without storing them.
    TestTypedConnection,
    /// Check the stored Halo connection again.
    RecheckConnection,
    /// Decide what happens to the associations when Halo has another identity.
    ConfirmTenantChange,
    /// Disconnect Halo.
    Disconnect,
    /// Map clients to Halo customers, or exclude them from billing.
    Associate,
    /// Remove the association of a client.
    RemoveAssociation,
    /// Request a new subscription after it was deleted in Halo.
    Recreate,
    /// Resolve a problem that needs a user's decision.
    Resolve,
    /// Request a sync.
    RequestSync,
    /// Compare all subscriptions, customers and invoices with Halo at once.
    Reconcile,
    /// Acknowledge a problem, or set it aside until a day.
    TriageProblem,
    /// Change the settings of the nightly sync and of subscriptions.
    UpdateSettings,
    /// Pause syncs until a day, and resume them.
    PauseSyncs,
    /// Register, change and remove webhooks, and exchange their secrets. Only who may do it sees
    /// their whole addresses.
    ManageWebhooks,
    /// Send a test to a webhook, and have a delivery sent again.
    TestWebhooks,
    /// Import partners, clients and users.
    ImportRoster,
    /// Run any operation and introspect the schema.
    UsePlayground,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grant {
    /// For the partner named in the caller's token.
    Own,
    /// For any partner the caller names.
    Any,
    Never,
}

fn grant(role: Role, act: Act) -> Grant {
    use Grant::{Any, Never, Own};
    // Columns: partner_admin, partner_viewer, support, platform.
    let [admin, viewer, support, platform] = match act {
        Act::ViewPartner | Act::ViewUsers | Act::ViewActivity | Act::SearchCustomers | Act::Preview => {
            [Own, Own, Any, Never]
        }
        Act::RecheckConnection
        | Act::RequestSync
        | Act::Reconcile
        | Act::TriageProblem
        | Act::ConfirmTenantChange
        | Act::PauseSyncs
        | Act::TestWebhooks => [Own, Never, Any, Never],
        // Support never sees, types or replaces credentials.
        Act::SaveConnection | Act::TestTypedConnection | Act::Disconnect => [Own, Never, Never, Never],
        // The partner decides what is billed.
        Act::Associate | Act::RemoveAssociation | Act::Recreate | Act::Resolve => [Own, Never, Never, Never],
        Act::UpdateSettings | Act::ManageWebhooks => [Own, Never, Never, Never],
        Act::ListPartners | Act::ViewEvidence | Act::UsePlayground => [Never, Never, Any, Never],
        Act::ImportRoster => [Never, Never, Never, Any],
    };
    match role {
        Role::PartnerAdmin => admin,
        Role::PartnerViewer => viewer,
        Role::Support => support,
        Role::Platform => platform,
    }
}

/// The reason for a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// The partner is not the caller's: answered exactly as an id that does not exist.
    #[error("there is no such record")]
    NotFound,
    /// The caller's role may not do this to any partner.
    #[error("your role does not permit this; ask an administrator of your organisation")]
    Forbidden,
}

/// Authorises `caller` to do `act` to `partner`. Support may name any partner, even one that does
/// not exist: its scope then finds no rows.
///
/// A partner's user who names another partner gets [`Denied::NotFound`] whatever the act, so that a
/// refusal does not reveal which ids exist.
pub fn permit(caller: &Caller, act: Act, partner: PartnerId) -> Result<PartnerScope, Denied> {
    if caller.role().belongs_to_a_partner() && caller.partner() != Some(partner) {
        return Err(Denied::NotFound);
    }
    match grant(caller.role(), act) {
        Grant::Own | Grant::Any => Ok(PartnerScope::new(partner, caller.actor())),
        Grant::Never => Err(Denied::Forbidden),
    }
}

/// Authorises `caller` to do `act` across all partners. Only two acts go across: support's
/// directory (with which support also finds the partner that a record's id belongs to) and the
/// platform's import.
pub fn permit_across(caller: &Caller, act: Act) -> Result<SystemScope, Denied> {
    match (grant(caller.role(), act), act) {
        (Grant::Any, Act::ListPartners) => Ok(SystemScope::support_directory()),
        (Grant::Any, Act::ImportRoster) => Ok(SystemScope::roster()),
        _ => Err(Denied::Forbidden),
    }
}

/// Returns everything that the policy permits to this caller, for its own partner or for any
/// partner.
pub fn may(caller: &Caller) -> Vec<Act> {
    Act::VARIANTS.iter().copied().filter(|act| grant(caller.role(), *act) != Grant::Never).collect()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::auth::Claims;
    use crate::domain::activity::ActorRole;

    fn caller(role: Role, partner: Option<PartnerId>) -> Caller {
        let claims = Claims {
            subject: "u1".into(),
            name: None,
            role,
            partner_external_id: None,
            expires_at: DateTime::UNIX_EPOCH,
        };
        Caller::new(claims, partner)
    }

    #[test]
    fn foreign_partner_is_not_found_for_every_act() {
        let (own, foreign) = (PartnerId::generate(), PartnerId::generate());
        for role in [Role::PartnerAdmin, Role::PartnerViewer] {
            for act in Act::VARIANTS {
                assert_eq!(permit(&caller(role, Some(own)), *act, foreign).unwrap_err(), Denied::NotFound, "{act:?}");
                assert_eq!(permit(&caller(role, None), *act, own).unwrap_err(), Denied::NotFound, "{act:?}");
            }
        }
    }

    #[test]
    fn viewer_changes_nothing_and_admin_stays_within_own_partner() {
        let own = PartnerId::generate();
        let viewer = may(&caller(Role::PartnerViewer, Some(own)));
        assert_eq!(viewer, [Act::ViewPartner, Act::ViewUsers, Act::ViewActivity, Act::SearchCustomers, Act::Preview]);
        let admin = caller(Role::PartnerAdmin, Some(own));
        let scope = permit(&admin, Act::SaveConnection, own).unwrap();
        assert_eq!((scope.partner(), scope.actor().role), (own, ActorRole::PartnerAdmin));
        for act in Act::VARIANTS {
            assert_eq!(permit_across(&admin, *act), Err(Denied::Forbidden), "{act:?}");
        }
    }

    #[test]
    fn support_reads_every_partner_and_never_changes_credentials() {
        let support = caller(Role::Support, Some(PartnerId::generate()));
        assert_eq!(support.partner(), None);
        assert_eq!(
            may(&support),
            [
                Act::ViewPartner,
                Act::ViewUsers,
                Act::ViewActivity,
                Act::ViewEvidence,
                Act::ListPartners,
                Act::SearchCustomers,
                Act::Preview,
                Act::RecheckConnection,
                Act::ConfirmTenantChange,
                Act::RequestSync,
                Act::Reconcile,
                Act::TriageProblem,
                Act::PauseSyncs,
                Act::TestWebhooks,
                Act::UsePlayground,
            ]
        );
        assert_eq!(permit_across(&support, Act::ListPartners).unwrap().name(), "support_directory");
        assert_eq!(permit_across(&support, Act::ImportRoster), Err(Denied::Forbidden));
    }

    #[test]
    fn platform_only_imports() {
        let platform = caller(Role::Platform, None);
        assert_eq!(may(&platform), [Act::ImportRoster]);
        assert_eq!(permit_across(&platform, Act::ImportRoster).unwrap().name(), "roster");
        assert_eq!(permit(&platform, Act::ViewPartner, PartnerId::generate()).unwrap_err(), Denied::Forbidden);
    }
}
