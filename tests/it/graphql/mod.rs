//! The API through its schema: what each kind of caller reads and changes, on a real database and
//! against the sandbox.

mod error;
mod filters;
mod lists;
pub(crate) mod matrix;
mod node;
mod nulls;
mod page;
mod reads;
mod schema;
mod search;
mod subscription;

mod mutations {
    mod authorization;
    mod connection;
    mod exclusion;
    mod mapping;
    mod mapping_file;
    mod problem;
    mod reconcile;
    mod roster;
    mod settings;
    mod sync;
}

mod objects {
    mod customer;
    mod evidence;
    mod mapping_suggestion;
    mod partner;
    mod preview;
    pub(in crate::graphql) mod problem_record;
    mod run;
    mod trouble;
    mod user;
    mod viewer;
}

use async_graphql::{Request, Response, Variables};
use infima_halo::auth::{Caller, Role};
use infima_halo::graphql::{ApiSchema, schema};
use infima_halo::storage::run_listener::RunListener;
use serde_json::{Value, json};

use crate::support::world::World;

/// The schema over a world, and its callers.
pub(crate) struct Api {
    pub(crate) world: World,
    pub(crate) schema: ApiSchema,
}

impl Api {
    pub(crate) fn over(world: World) -> Self {
        let ops = world.ops().clone();
        let changes = RunListener::listen(&ops.db);
        Self { schema: schema(ops, changes), world }
    }

    /// A partner that is connected, with all of its clients associated and synced.
    pub(crate) async fn synced(clients: &[(&str, usize)]) -> Self {
        Self::over(World::builder().clients(clients).synced().build().await)
    }

    pub(crate) async fn respond(&self, caller: &Caller, document: &str, variables: Value) -> Response {
        let request = Request::new(document).variables(Variables::from_json(variables)).data(caller.clone());
        self.schema.execute(request).await
    }

    /// The data and the errors, each error with its code.
    pub(crate) async fn ask(&self, caller: &Caller, document: &str, variables: Value) -> Value {
        shown(self.respond(caller, document, variables).await)
    }

    /// The data of an answer without errors.
    pub(crate) async fn data(&self, caller: &Caller, document: &str, variables: Value) -> Value {
        let mut answer = self.ask(caller, document, variables).await;
        assert_eq!(answer["errors"], Value::Null, "{document}");
        answer["data"].take()
    }

    pub(crate) async fn support(&self) -> Caller {
        self.world.caller(Role::Support, None).await
    }
}

pub(crate) fn shown(response: Response) -> Value {
    let errors: Vec<_> = response
        .errors
        .iter()
        .map(|error| {
            let extension = |name: &str| error.extensions.as_ref().and_then(|extensions| extensions.get(name));
            json!({ "code": extension("code"), "field": extension("field"), "message": error.message })
        })
        .collect();
    let data = serde_json::to_value(&response.data).expect("data is JSON");
    if errors.is_empty() { json!({ "data": data }) } else { json!({ "data": data, "errors": errors }) }
}

pub(crate) const MAPPING_TABLE: &str = "query($first: Int, $after: String) {
    partner {
        name clientCounts { total mapped unmapped needingAttention }
        haloConnection { status lastSyncedAt nextNightlySyncAt }
        clients(first: $first, after: $after) {
            totalCount
            pageInfo { hasNextPage endCursor }
            nodes {
                id name activeUserCount
                haloAssociation {
                    id status lastSyncedAt lastSyncedQuantity
                    client { id }
                    haloCustomer { haloId name associatedClients { id name } }
                    subscription { haloId name quantity billing observedAt url }
                    problem { code message remedy }
                }
            }
        }
    }
}";
