//! What lists of clients filter by, which is kept with each client.

use infima_halo::domain::association::{AssociationState, Ending};
use infima_halo::domain::roster::{ClientRecord, RosterState};
use infima_halo::ops::association::exclude::{exclude_clients, include_clients};
use infima_halo::ops::roster::import::Roster;
use infima_halo::sandbox::Act;
use sqlx::PgPool;

use crate::support::world::{PARTNER, World, request};

/// The clients that say something else than their associations and exclusions.
pub async fn disagreeing(owner: &PgPool) -> Vec<String> {
    let disagreeing = "
        select c.name || ': ' || c.associated || ', ' || c.needs_attention || ', ' || coalesce(c.excluded_until::text, '')
        from clients c
        left join associations a on a.client_id = c.id and a.state not in ('ending', 'ended')
        left join client_exclusions e on e.client_id = c.id
        where (c.associated, c.needs_attention, c.excluded_until) is distinct from
            (a.id is not null, coalesce(a.state = 'needs_attention', false),
             case when e.client_id is not null then coalesce(e.ends_at, 'infinity') end)";
    sqlx::query_scalar(disagreeing).fetch_all(owner).await.expect("the test's database answers")
}

#[tokio::test]
async fn client_agrees_with_its_associations_and_exclusions_after_each_act() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 2)]).only(&["Alder"]).synced().build().await;
    let (admin, partner) = (world.admin().await, world.partner().await);
    let birch = [Some(world.client("Birch").await)];
    let kept = async || {
        world.values::<String>("select concat_ws(' ', associated, needs_attention, excluded_until is not null) from clients order by name").await
    };
    let agreed = async |[alder, birch]: [&str; 2]| {
        assert_eq!(disagreeing(&world.owner).await, [""; 0]);
        assert_eq!(kept().await, [alder, birch]);
    };
    agreed(["t f f", "f f f"]).await;

    exclude_clients(world.ops(), &request(&admin), partner, &birch, "a trial", None).await.unwrap();
    agreed(["t f f", "f f t"]).await;
    let day = "2026-12-24".parse().ok();
    exclude_clients(world.ops(), &request(&admin), partner, &birch, "a longer trial", day).await.unwrap();
    agreed(["t f f", "f f t"]).await;
    include_clients(world.ops(), &request(&admin), partner, &birch).await.unwrap();
    agreed(["t f f", "f f f"]).await;
    world.map(&["Birch"]).await;
    agreed(["t f f", "t f f"]).await;

    let alder = world.association("Alder").await;
    let id = alder.subscription.as_ref().expect("it was synced").id.0;
    world.tenant.act(Act::DeleteSubscription { id }).expect("it is there");
    world.sync().await;
    assert_eq!(world.association("Alder").await.state, AssociationState::NeedsAttention);
    agreed(["t t f", "t f f"]).await;
    world.recreate(alder.id).await.unwrap();
    agreed(["t f f", "t f f"]).await;
    world.remove(world.association("Birch").await.id, Ending::SetToZero).await.unwrap();
    agreed(["t f f", "f f f"]).await;
}

/// The longest name that is taken in, of letters that take the most space once they are folded and
/// that Postgres cannot compress.
#[tokio::test]
async fn longest_name_fits_the_index_of_the_list() {
    let world = World::builder().clients(&[("Alder", 1)]).build().await;
    let letters = |first: u32, step: u32| -> String {
        (0..320).map(|place| char::from_u32(first + place * step % 5_000).expect("a letter")).collect()
    };
    let names = [letters(0xac00, 37), letters(0x2_0000, 1_237), "\u{fdfa}".repeat(320), letters(0x1e00, 1)];
    let clients = names.iter().enumerate().map(|(number, name)| ClientRecord {
        external_id: letters(0x2_0000 + number as u32 * 97, 733),
        partner_external_id: PARTNER.into(),
        name: name.clone(),
        state: RosterState::Active,
        version: 1,
    });
    world.import(Roster { clients: clients.collect(), ..Roster::default() }).await;
    assert_eq!(world.value::<i64>("select count(*) from clients").await, 5);
}
