//! From a token to a caller, with the partner that the roster has under the token's name for it.

use chrono::Duration;
use infima_halo::auth::Role;
use infima_halo::domain::roster::{PartnerRecord, RosterState};
use infima_halo::ids::PartnerId;
use infima_halo::ops::OpError;
use infima_halo::ops::roster::import::Roster;
use infima_halo::ops::sync::request::request_sync;

use crate::support::world::{PARTNER, World, caller_of, request};

#[tokio::test]
async fn partner_of_a_token_is_looked_up_again_after_a_minute() {
    let world = World::builder().build().await;
    let identify = world.app.identify(world.mint.verifier(world.clock.clone()));
    let token = world.token(Role::PartnerAdmin, Some(PARTNER));
    let partner = async || -> Option<PartnerId> { caller_of(&identify, token.clone()).await.unwrap().partner() };
    let known = partner().await;
    assert_eq!(known, Some(world.partner().await));
    // As after a restored backup: the partner has another id, or none.
    world.change(sqlx::query("update partners set external_id = 'restored'")).await;
    world.clock.advance(Duration::seconds(59));
    assert_eq!(partner().await, known);
    world.clock.advance(Duration::seconds(1));
    assert_eq!(partner().await, None);
    // One that is not there is looked for each time.
    world.change(sqlx::query("update partners set external_id = 'northwind'")).await;
    assert_eq!(partner().await, known);
}

#[tokio::test]
async fn archived_partner_is_refused_at_once_with_a_known_token() {
    let world = World::builder().clients(&[("Alder", 3)]).mapped().build().await;
    let identify = world.app.identify(world.mint.verifier(world.clock.clone()));
    let token = world.token(Role::PartnerAdmin, Some(PARTNER));
    let partner = world.partner().await;
    let caller = caller_of(&identify, token.clone()).await.unwrap();
    request_sync(world.ops(), &request(&caller), partner, None).await.unwrap();
    let archived = PartnerRecord {
        external_id: PARTNER.into(),
        name: "Northwind".into(),
        time_zone: None,
        state: RosterState::Archived,
        version: 1_000,
    };
    world.import(Roster { partners: vec![archived], ..Roster::default() }).await;
    let caller = caller_of(&identify, token).await.unwrap();
    let refused = request_sync(world.ops(), &request(&caller), partner, None).await.unwrap_err();
    assert!(matches!(refused, OpError::Archived), "{refused:?}");
}
