//! The database connection of a request.

use infima_halo::sandbox::{Call, Fault, Lasting, Matching};
use serde_json::json;

use crate::graphql::Api;
use crate::support::until;
use crate::support::world::World;

/// How many connections of the app wait in a transaction for their next statement.
async fn waiting_transactions(world: &World) -> i64 {
    let statement = "select count(*) from pg_stat_activity
                     where datname = current_database() and usename = 'infima_app' and state like 'idle in transaction%'";
    world.value(statement).await
}

/// Whatever a request has read before, in a batch or by a resolver.
#[tokio::test]
async fn request_holds_no_transaction_while_halo_is_asked() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let (admin, support) = (api.world.admin().await, api.support().await);
    let id = json!({ "id": api.world.partner().await.to_string() });
    // Another text each time: the same search is not sent again within seconds.
    for (caller, search, read) in [
        (&admin, "Al", "partner(id: $id) { name clients { nodes { name } } }"),
        (&support, "Ald", "partners { nodes { name } }"),
    ] {
        let customers = format!("haloCustomers(search: \"{search}\", partnerId: $id) {{ nodes {{ name }} }}");
        let document = format!("query($id: ID) {{ {read} {customers} }}");
        api.world.tenant.inject(Fault::HeldBefore, Matching::call(Call::CustomerList), Lasting::Once);
        let look = async {
            api.world.tenant.until(|tenant| tenant.held() > 0).await;
            until(async || waiting_transactions(&api.world).await == 0).await;
            api.world.tenant.release();
        };
        let (response, ()) = tokio::join!(api.respond(caller, &document, id.clone()), look);
        assert_eq!(response.errors, [], "{read}");
    }
}
