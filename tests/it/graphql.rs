//! The API through its schema: what each kind of caller reads and changes, on a real database and
//! against the sandbox.

use async_graphql::{Request, Response, Variables};
use futures::StreamExt;
use infima_halo::{
    auth::{Caller, Role},
    graphql::{ApiSchema, schema},
    sandbox::{Call, Fault, Lasting, Matching},
    storage::run_listener::RunListener,
};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::support::world::World;

/// The schema over a world, and its callers.
struct Api {
    world: World,
    schema: ApiSchema,
}

impl Api {
    fn over(world: World) -> Self {
        let ops = world.ops().clone();
        let changes = RunListener::listen(&ops.db);
        Self { schema: schema(ops, changes), world }
    }

    /// A partner that is connected, with all of its clients associated and synced.
    async fn synced(clients: &[(&str, usize)]) -> Self {
        Self::over(World::builder().clients(clients).synced().build().await)
    }

    async fn respond(&self, caller: &Caller, document: &str, variables: Value) -> Response {
        let request = Request::new(document).variables(Variables::from_json(variables)).data(caller.clone());
        self.schema.execute(request).await
    }

    /// The data and the errors, each error with its code.
    async fn ask(&self, caller: &Caller, document: &str, variables: Value) -> Value {
        shown(self.respond(caller, document, variables).await)
    }

    /// The data of an answer without errors.
    async fn data(&self, caller: &Caller, document: &str, variables: Value) -> Value {
        let mut answer = self.ask(caller, document, variables).await;
        assert_eq!(answer["errors"], Value::Null, "{document}");
        answer["data"].take()
    }

    async fn support(&self) -> Caller {
        self.world.caller(Role::Support, None).await
    }
}

fn shown(response: Response) -> Value {
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

const MAPPING_TABLE: &str = "query($first: Int, $after: String) {
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

#[tokio::test]
async fn viewer_describes_each_role() {
    let api = Api::over(World::builder().clients(&[("Alder", 1)]).build().await);
    let id = async |role, partner| {
        let caller = api.world.caller(role, partner).await;
        api.data(&caller, "{ viewer { id } }", json!({})).await["viewer"]["id"].take()
    };
    let admin = id(Role::PartnerAdmin, Some("northwind")).await;
    assert_eq!(id(Role::PartnerAdmin, Some("northwind")).await, admin, "the same whenever the same person calls");
    assert_ne!(id(Role::Support, None).await, admin);
    let about = api.data(&api.support().await, "{ __schema { description } }", json!({})).await;
    let about = about["__schema"]["description"].as_str().expect("a text");
    assert!(about.starts_with("INFIMA's Halo PSA integration."), "{about}");
    let viewer = "{ viewer { name role partner { externalId name } may } }";
    let ask = async |role, partner| {
        let caller = api.world.caller(role, partner).await;
        api.data(&caller, viewer, json!({})).await["viewer"].take()
    };
    assert_json_snapshot!(ask(Role::PartnerViewer, Some("northwind")).await, @r#"
    {
      "may": [
        "VIEW_PARTNER",
        "VIEW_ACTIVITY",
        "SEARCH_CUSTOMERS",
        "PREVIEW"
      ],
      "name": "Sam Example",
      "partner": {
        "externalId": "northwind",
        "name": "NORTHWIND"
      },
      "role": "PARTNER_VIEWER"
    }
    "#);
    assert_json_snapshot!(ask(Role::Platform, None).await, @r#"
    {
      "may": [
        "IMPORT_ROSTER"
      ],
      "name": "Sam Example",
      "partner": null,
      "role": "PLATFORM"
    }
    "#);
    let stranger = ask(Role::PartnerAdmin, Some("not in the roster")).await;
    assert_eq!((&stranger["role"], &stranger["partner"]), (&json!("PARTNER_ADMIN"), &Value::Null));
}

#[tokio::test]
async fn partner_connects_associates_and_sees_quantities() {
    let api = Api::over(World::builder().clients(&[("Alder", 3), ("Birch", 5)]).build().await);
    let admin = api.world.admin().await;
    let save = "mutation($input: SaveHaloConnectionInput!) { saveHaloConnection(input: $input) {
        haloConnection { status applicationClientId problem { code } checks { subject outcome required } }
        run { id } userErrors { code field message } } }";
    let tenant = &api.world.tenant;
    let details = json!({ "input": {
        "url": format!("{}/config/integrations?x=1", tenant.url()),
        "applicationClientId": tenant.client_id(), "clientSecret": tenant.client_secret(),
    } });
    let wrong = json!({ "input": { "url": "halo", "clientSecret": " " } });
    assert_json_snapshot!(api.data(&admin, save, wrong).await["saveHaloConnection"], @r#"
    {
      "haloConnection": null,
      "run": null,
      "userErrors": [
        {
          "code": "HALO_URL_INVALID",
          "field": [
            "url"
          ],
          "message": "\"halo\" is not a whole address. Use the whole name, such as https://halo.halopsa.com."
        },
        {
          "code": "REQUIRED",
          "field": [
            "applicationClientId"
          ],
          "message": "Enter the Client ID of the application that you created in Halo."
        },
        {
          "code": "CLIENT_SECRET_REQUIRED",
          "field": [
            "clientSecret"
          ],
          "message": "Enter the Client Secret of the application that you created in Halo."
        }
      ]
    }
    "#);
    let saved = api.data(&admin, save, details).await["saveHaloConnection"].take();
    assert_json_snapshot!(saved, { ".haloConnection.applicationClientId" => "[client id]" }, @r#"
    {
      "haloConnection": {
        "applicationClientId": "[client id]",
        "checks": [
          {
            "outcome": "GRANTED",
            "required": true,
            "subject": "ADDRESS"
          },
          {
            "outcome": "GRANTED",
            "required": true,
            "subject": "CREDENTIALS"
          },
          {
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_CUSTOMERS"
          },
          {
            "outcome": "UNKNOWN",
            "required": false,
            "subject": "AGENT_USERS"
          },
          {
            "outcome": "GRANTED",
            "required": true,
            "subject": "AGENT_SOFTWARE_LICENCING"
          },
          {
            "outcome": "GRANTED",
            "required": true,
            "subject": "READ_CUSTOMERS"
          },
          {
            "outcome": "GRANTED",
            "required": false,
            "subject": "READ_INVOICES"
          },
          {
            "outcome": "GRANTED",
            "required": true,
            "subject": "EDIT_SOFTWARE_LICENSING"
          }
        ],
        "problem": null,
        "status": "CONNECTED"
      },
      "run": null,
      "userErrors": []
    }
    "#);

    let search = "{ haloCustomers(search: \"alder\") { totalCount nodes { haloId name associatedClients { name } } } }";
    assert_json_snapshot!(api.data(&admin, search, json!({})).await["haloCustomers"], { ".nodes[].haloId" => "[id]" }, @r#"
    {
      "nodes": [
        {
          "associatedClients": [],
          "haloId": "[id]",
          "name": "Alder"
        }
      ],
      "totalCount": 1
    }
    "#);

    let map = "mutation($associations: [HaloClientAssociationInput!]!) {
        saveHaloClientAssociations(input: { associations: $associations }) {
            associations { client { name } status subscription { name } }
            run { status trigger progress { done total } pollAfterMs requestedBy { name role } }
            userErrors { code field message }
        } }";
    let entry = |client: String, customer: i32| json!({ "clientId": client, "haloCustomerId": customer });
    let (alder, birch) = (api.world.client("Alder").await.to_string(), api.world.client("Birch").await.to_string());
    let entries =
        json!([entry(alder, api.world.customer("Alder").0), entry("unknown".into(), 1), entry(birch, 999_999),]);
    let mapped = api.data(&admin, map, json!({ "associations": entries })).await["saveHaloClientAssociations"].take();
    assert_json_snapshot!(mapped, { ".run.pollAfterMs" => "[soon]" }, @r#"
    {
      "associations": [
        {
          "client": {
            "name": "Alder"
          },
          "status": "PENDING",
          "subscription": null
        }
      ],
      "run": {
        "pollAfterMs": "[soon]",
        "progress": {
          "done": 0,
          "total": 0
        },
        "requestedBy": {
          "name": "Sam Example",
          "role": "PARTNER_ADMIN"
        },
        "status": "QUEUED",
        "trigger": "ASSOCIATION_SAVED"
      },
      "userErrors": [
        {
          "code": "CLIENT_NOT_FOUND",
          "field": [
            "associations",
            "1",
            "clientId"
          ],
          "message": "There is no such client."
        },
        {
          "code": "HALO_CUSTOMER_NOT_FOUND",
          "field": [
            "associations",
            "2",
            "haloCustomerId"
          ],
          "message": "Halo has no customer with this id, or does not show it to the agent. Search again."
        }
      ]
    }
    "#);

    let run = api.world.association("Alder").await;
    assert!(run.subscription.is_none());
    let queued = api.data(&admin, "{ partner { haloSyncRuns { nodes { id status } } } }", json!({})).await;
    let run = queued["partner"]["haloSyncRuns"]["nodes"][0]["id"].as_str().unwrap().to_owned();
    api.world.work(run.parse().unwrap()).await;
    let follow = "query($id: ID!) { haloSyncRun(id: $id) {
        status pollAfterMs summary { created failed } progress { done total } partner { name }
        results { totalCount nodes { client { name } outcome quantityBefore quantityAfter evidence } } } }";
    assert_json_snapshot!(api.data(&admin, follow, json!({ "id": run })).await["haloSyncRun"], @r#"
    {
      "partner": {
        "name": "NORTHWIND"
      },
      "pollAfterMs": null,
      "progress": {
        "done": 1,
        "total": 1
      },
      "results": {
        "nodes": [
          {
            "client": {
              "name": "Alder"
            },
            "evidence": null,
            "outcome": "CREATED",
            "quantityAfter": 3,
            "quantityBefore": null
          }
        ],
        "totalCount": 1
      },
      "status": "SUCCEEDED",
      "summary": {
        "created": 1,
        "failed": 0
      }
    }
    "#);

    let table = api.data(&admin, MAPPING_TABLE, json!({})).await["partner"].take();
    assert_json_snapshot!(table, {
        ".**.id" => "[id]", ".**.haloId" => "[halo id]", ".**.endCursor" => "[cursor]", ".**.url" => "[url]",
            ".haloConnection.nextNightlySyncAt" => "[tonight]",
    }, @r#"
    {
      "clientCounts": {
        "mapped": 1,
        "needingAttention": 0,
        "total": 2,
        "unmapped": 1
      },
      "clients": {
        "nodes": [
          {
            "activeUserCount": 3,
            "haloAssociation": {
              "client": {
                "id": "[id]"
              },
              "haloCustomer": {
                "associatedClients": [
                  {
                    "id": "[id]",
                    "name": "Alder"
                  }
                ],
                "haloId": "[halo id]",
                "name": "Alder"
              },
              "id": "[id]",
              "lastSyncedAt": "2026-11-24T09:00:00.000Z",
              "lastSyncedQuantity": 3,
              "problem": null,
              "status": "ACTIVE",
              "subscription": {
                "billing": "UNKNOWN",
                "haloId": "[halo id]",
                "name": "INFIMA Security Awareness Training",
                "observedAt": "2026-11-24T09:00:00.000Z",
                "quantity": 3,
                "url": "[url]"
              }
            },
            "id": "[id]",
            "name": "Alder"
          },
          {
            "activeUserCount": 5,
            "haloAssociation": null,
            "id": "[id]",
            "name": "Birch"
          }
        ],
        "pageInfo": {
          "endCursor": "[cursor]",
          "hasNextPage": false
        },
        "totalCount": 2
      },
      "haloConnection": {
        "lastSyncedAt": null,
        "nextNightlySyncAt": "[tonight]",
        "status": "CONNECTED"
      },
      "name": "NORTHWIND"
    }
    "#);
    let url = &table["clients"]["nodes"][0]["haloAssociation"]["subscription"]["url"];
    let customer = api.world.customer("Alder");
    assert_eq!(url, &json!(format!("{}/customer?clientid={customer}", api.world.tenant.url())));

    let activity =
        "{ partner { activity { totalCount nodes { action actor { name role } changes { name after } } } } }";
    let activity = api.data(&admin, activity, json!({})).await["partner"]["activity"].take();
    // The imports of the set-up come before them.
    let actions: Vec<_> = activity["nodes"].as_array().unwrap().iter().take(2).map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["association.saved", "connection.saved"]);

    let remove = "mutation($id: ID!, $quantity: HaloAssociationEnding!) {
        removeHaloClientAssociation(input: { associationId: $id, quantity: $quantity }) {
            association { status ending } run { trigger } userErrors { code field } } }";
    let id = api.world.association("Alder").await.id.to_string();
    let removed = api.data(&admin, remove, json!({ "id": id, "quantity": "SET_TO_ZERO" })).await;
    assert_json_snapshot!(removed["removeHaloClientAssociation"], @r#"
    {
      "association": {
        "ending": "SET_TO_ZERO",
        "status": "ENDING"
      },
      "run": {
        "trigger": "ASSOCIATION_ENDED"
      },
      "userErrors": []
    }
    "#);
    let unknown = api.data(&admin, remove, json!({ "id": "association_1", "quantity": "SET_TO_ZERO" })).await;
    assert_eq!(unknown["removeHaloClientAssociation"]["userErrors"][0]["code"], "ASSOCIATION_NOT_FOUND");

    let disconnect = "mutation { disconnectHalo(input: {}) { partner { haloConnection { id } } userErrors { code } } }";
    let disconnected = api.data(&admin, disconnect, json!({})).await;
    assert_eq!(disconnected["disconnectHalo"], json!({ "partner": { "haloConnection": null }, "userErrors": [] }));
    let sync = "mutation { requestHaloSync(input: {}) { run { id } userErrors { code field } } }";
    let refused = api.data(&admin, sync, json!({})).await["requestHaloSync"].take();
    assert_eq!(refused, json!({ "run": null, "userErrors": [{ "code": "NOT_CONNECTED", "field": null }] }));
}

#[tokio::test]
async fn page_has_1_to_100_entries_from_a_cursor() {
    let api = Api::over(World::builder().clients(&[("Alder", 1)]).build().await);
    api.world.connect().await;
    let admin = api.world.admin().await;
    let support = api.support().await;
    let lists = [
        (
            "partner",
            &admin,
            "query($first: Int, $after: String, $search: String) {
                partner { clients(first: $first, after: $after, search: $search) { nodes { name } } } }",
        ),
        (
            "haloCustomers",
            &admin,
            "query($first: Int, $after: String, $search: String! = \"\") {
                haloCustomers(first: $first, after: $after, search: $search) { nodes { name } } }",
        ),
        (
            "partners",
            &support,
            "query($first: Int, $after: String, $search: String) {
                partners(first: $first, after: $after, search: $search) { nodes { name } } }",
        ),
    ];
    let nul = "a\u{0}b";
    for (list, caller, document) in lists {
        for (arguments, field) in [
            (json!({ "first": 0 }), json!(["first"])),
            (json!({ "first": -1 }), json!(["first"])),
            (json!({ "first": 101 }), json!(["first"])),
            (json!({ "after": "" }), json!(["after"])),
            (json!({ "after": "not a cursor" }), json!(["after"])),
            (json!({ "after": "WzEsMl0" }), json!(["after"])),
            (json!({ "search": "x".repeat(201) }), json!(["search"])),
            (json!({ "search": "x".repeat(10_000) }), json!(["search"])),
            (json!({ "search": nul }), json!(["search"])),
        ] {
            let answer = api.ask(caller, document, arguments.clone()).await;
            assert_eq!(answer["data"][list], Value::Null, "{list} {arguments}");
            assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1), "{list} {arguments}");
            assert_eq!(answer["errors"][0]["code"], "BAD_USER_INPUT", "{list} {arguments}");
            assert_eq!(answer["errors"][0]["field"], field, "{list} {arguments}");
        }
        for arguments in [json!({ "first": 1 }), json!({ "first": 100 }), json!({ "search": "x".repeat(200) })] {
            let answer = api.data(caller, document, arguments.clone()).await;
            assert_ne!(answer[list], Value::Null, "{list} {arguments}");
        }
    }
    let clients = "query($first: Int, $search: String, $order: ClientOrder) {
        partner { clients(first: $first, search: $search, orderBy: $order) { nodes { name } } } }";
    for arguments in [
        json!({ "first": 1 }),
        json!({ "first": 100 }),
        json!({ "search": "" }),
        json!({ "search": " " }),
        json!({ "first": null, "search": null, "order": null }),
    ] {
        let answer = api.data(&admin, clients, arguments.clone()).await;
        assert_eq!(answer["partner"]["clients"]["nodes"], json!([{ "name": "Alder" }]), "{arguments}");
    }
}

#[tokio::test]
async fn pages_together_are_the_whole_list() {
    let names =
        ["alder", "Alder", "ΑΛΦΑΣ", "αλφας", "Straße", "STRASSE", "İstanbul", "Zürich", "日本", "Ärzte", "beta"];
    let clients: Vec<_> = names.iter().map(|name| (*name, 0)).collect();
    let api = Api::over(World::builder().clients(&clients).build().await);
    let admin = api.world.admin().await;
    let page = "query($first: Int, $after: String, $order: ClientOrder) {
        partner { clients(first: $first, after: $after, orderBy: $order) {
            totalCount nodes { name } pageInfo { hasNextPage hasPreviousPage endCursor } } } }";
    let mut lists = Vec::new();
    for (first, order) in [(1, "NAME_ASC"), (3, "NAME_ASC"), (100, "NAME_ASC"), (2, "NAME_DESC"), (100, "NAME_DESC")] {
        let (mut list, mut after) = (Vec::new(), Value::Null);
        loop {
            let arguments = json!({ "first": first, "after": after, "order": order });
            let clients = api.data(&admin, page, arguments).await["partner"]["clients"].take();
            assert_eq!(clients["totalCount"], names.len());
            assert_eq!(clients["pageInfo"]["hasPreviousPage"], json!(!after.is_null()));
            list.extend(clients["nodes"].as_array().unwrap().iter().map(|node| node["name"].clone()));
            if clients["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = clients["pageInfo"]["endCursor"].clone();
        }
        lists.push(list);
    }
    assert_eq!(lists[2].len(), names.len());
    assert_eq!((&lists[0], &lists[1]), (&lists[2], &lists[2]));
    assert_eq!(lists[3], lists[4]);
    assert!(lists[4].iter().rev().eq(&lists[2]));
}

#[tokio::test]
async fn halo_customers_are_paged() {
    let names: Vec<_> = (0..7).map(|number| format!("Customer {number}")).collect();
    let api = Api::over(World::builder().clients(&[("Alder", 0)]).customers(&names).connected().build().await);
    let admin = api.world.admin().await;
    let page = "query($first: Int, $after: String) { haloCustomers(search: \"\", first: $first, after: $after) {
        totalCount edges { cursor node { name } } pageInfo { hasNextPage endCursor } } }";
    // A page of another size than the cursor's continues at the same place.
    for sizes in [[3, 3, 3], [3, 1, 100], [100, 1, 1]] {
        let (mut list, mut after) = (Vec::new(), Value::Null);
        for first in sizes.into_iter().chain(std::iter::repeat(2)) {
            let arguments = json!({ "first": first, "after": after });
            let found = api.data(&admin, page, arguments).await["haloCustomers"].take();
            list.extend(found["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["name"].clone()));
            after = found["pageInfo"]["endCursor"].clone();
            if found["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(list, names, "{sizes:?}");
    }
    let first = api.data(&admin, page, json!({ "first": 5 })).await["haloCustomers"].take();
    let middle = first["edges"][1]["cursor"].clone();
    let rest = api.data(&admin, page, json!({ "first": 2, "after": middle })).await["haloCustomers"].take();
    let rest: Vec<_> = rest["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["name"].clone()).collect();
    assert_eq!(rest, &names[2..4]);
    for after in ["", "WzEsMl0", "eyJudW1iZXIiOjAsInNpemUiOjMsInNraXAiOjB9"] {
        let answer = api.ask(&admin, page, json!({ "after": after })).await;
        assert_eq!(
            (&answer["data"]["haloCustomers"], &answer["errors"][0]["field"]),
            (&Value::Null, &json!(["after"]))
        );
    }
}

#[tokio::test]
async fn unreachable_halo_leaves_other_fields_intact() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let admin = api.world.admin().await;
    api.world.tenant.inject(Fault::Maintenance, Matching::any(), Lasting::Sticky);
    let screen = "{ haloCustomers(search: \"a\") { nodes { name } } haloSyncPreview { complete }
        partner { clients { nodes { name activeUserCount haloAssociation { lastSyncedQuantity } } } } }";
    assert_json_snapshot!(api.ask(&admin, screen, json!({})).await, @r#"
    {
      "data": {
        "haloCustomers": null,
        "haloSyncPreview": null,
        "partner": {
          "clients": {
            "nodes": [
              {
                "activeUserCount": 3,
                "haloAssociation": {
                  "lastSyncedQuantity": 3
                },
                "name": "Alder"
              }
            ]
          }
        }
      },
      "errors": [
        {
          "code": "HALO_UNREACHABLE",
          "field": null,
          "message": "Halo cannot be reached at the moment. Look at the connection's status, or try again in a few minutes."
        },
        {
          "code": "HALO_UNREACHABLE",
          "field": null,
          "message": "Halo cannot be reached at the moment. Look at the connection's status, or try again in a few minutes."
        }
      ]
    }
    "#);
}

#[tokio::test]
async fn missing_connection_error_names_the_form() {
    let api = Api::over(World::builder().clients(&[("Alder", 3)]).build().await);
    let admin = api.world.admin().await;
    let questions = [
        ("{ partner { name } asked: haloCustomers(search: \"a\") { totalCount } }", "/asked"),
        ("{ partner { name } asked: haloSyncPreview { complete } }", "/asked"),
        (
            "{ partner { name clients(first: 1) { nodes { asked: suggestedHaloCustomers { exact } } } } }",
            "/partner/clients/nodes/0/asked",
        ),
    ];
    for (question, asked) in questions {
        let answer = api.ask(&admin, question, json!({})).await;
        assert_eq!(answer["errors"].as_array().map(Vec::len), Some(1), "{answer}");
        let error = &answer["errors"][0];
        assert_eq!(error["code"], "NOT_CONNECTED", "{question}");
        assert!(error["message"].as_str().unwrap().starts_with("Halo PSA is not connected. Save"), "{error}");
        assert_eq!(answer["data"].pointer(asked), Some(&Value::Null), "{question}");
        assert_eq!(answer["data"]["partner"]["name"], "NORTHWIND", "the rest is answered");
    }
}

#[tokio::test]
async fn foreign_id_is_answered_like_an_unknown_id() {
    let api = Api::synced(&[("Alder", 3)]).await;
    api.world.import_partner("other", &[("Elsewhere", 1)]).await;
    let stranger = api.world.caller(Role::PartnerAdmin, Some("other")).await;
    let partner = api.world.partner().await.to_string();
    let association = api.world.association("Alder").await;
    let connection = api.world.connection().await.id.to_string();
    let admin = api.world.admin().await;
    let runs = api.data(&admin, "{ partner { haloSyncRuns { nodes { id } } } }", json!({})).await;
    let run = runs["partner"]["haloSyncRuns"]["nodes"][0]["id"].as_str().unwrap().to_owned();
    let ids = [partner.clone(), association.client.to_string(), association.id.to_string(), connection, run.clone()];
    let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
    let own = api.data(&admin, nodes, json!({ "ids": ids })).await;
    let kinds: Vec<_> = own["nodes"].as_array().unwrap().iter().map(|node| node["__typename"].clone()).collect();
    assert_eq!(kinds, ["Partner", "Client", "HaloClientAssociation", "HaloConnection", "HaloSyncRun"]);
    assert!(own["nodes"].as_array().unwrap().iter().zip(&ids).all(|(node, id)| node["id"] == json!(id)));

    let foreign = api.data(&stranger, nodes, json!({ "ids": ids })).await;
    assert_eq!(foreign["nodes"], json!([null, null, null, null, null]));
    let unknown: Vec<_> = ids.iter().map(|id| format!("{}{}", &id[..id.len() - 4], "0000")).collect();
    let malformed = ["", "client", "client_", "CLIENT_0", "result_00000000000000000000000000000000", "\u{0}"];
    for ids in [unknown, malformed.map(String::from).to_vec()] {
        for caller in [&admin, &api.support().await] {
            let answer = api.data(caller, nodes, json!({ "ids": ids })).await;
            assert!(answer["nodes"].as_array().unwrap().iter().all(Value::is_null), "{ids:?}");
        }
    }
    let one = "query($partner: ID, $run: ID!) { partner(id: $partner) { name } haloSyncRun(id: $run) { id }
        haloCustomers(search: \"\", partnerId: $partner) { totalCount } node(id: $run) { id } }";
    let nothing = json!({ "partner": null, "haloSyncRun": null, "haloCustomers": null, "node": null });
    for (partner, run) in [(partner.as_str(), run.as_str()), ("partner_0", "run_0"), ("x", "x")] {
        assert_eq!(api.data(&stranger, one, json!({ "partner": partner, "run": run })).await, nothing);
    }
    for mutation in [
        "requestHaloSync(input: { partnerId: $partner })",
        "disconnectHalo(input: { partnerId: $partner })",
        "testHaloConnection(input: { partnerId: $partner })",
        "saveHaloConnection(input: { partnerId: $partner })",
        "saveHaloClientAssociations(input: { associations: [], partnerId: $partner })",
        "removeHaloClientAssociation(input: { associationId: \"x\", quantity: SET_TO_ZERO, partnerId: $partner })",
        "recreateHaloSubscription(input: { associationId: \"x\", partnerId: $partner })",
        "resolveHaloSubscription(input: { associationId: \"x\", answer: CREATE_NEW, partnerId: $partner })",
        "updateHaloSyncSettings(input: { nightly: false, partnerId: $partner })",
    ] {
        let document = format!("mutation($partner: ID) {{ {mutation} {{ userErrors {{ code }} }} }}");
        let foreign = api.ask(&stranger, &document, json!({ "partner": partner })).await;
        assert_eq!(
            (&foreign["data"], &foreign["errors"][0]["code"]),
            (&Value::Null, &json!("NOT_FOUND")),
            "{mutation}"
        );
        for unknown in ["partner_00000000000000000000000000000000", "", "client_1"] {
            assert_eq!(api.ask(&stranger, &document, json!({ "partner": unknown })).await, foreign, "{mutation}");
        }
    }
}

#[tokio::test]
async fn forbidden_role_gets_forbidden() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let partner = api.world.partner().await.to_string();
    let code =
        async |caller: &Caller, document: &str| api.ask(caller, document, json!({})).await["errors"][0]["code"].take();
    let viewer = api.world.caller(Role::PartnerViewer, Some("northwind")).await;
    let platform = api.world.caller(Role::Platform, None).await;
    let support = api.support().await;
    for mutation in [
        "requestHaloSync(input: {})",
        "saveHaloConnection(input: {})",
        "testHaloConnection(input: { url: \"x\" })",
        "disconnectHalo(input: {})",
        "saveHaloClientAssociations(input: { associations: [] })",
        "updateHaloSyncSettings(input: {})",
        "importRoster(input: {})",
    ] {
        let document = format!("mutation {{ {mutation} {{ userErrors {{ code }} }} }}");
        assert_eq!(code(&viewer, &document).await, "FORBIDDEN", "{mutation}");
        if !mutation.starts_with("importRoster") {
            assert_eq!(code(&platform, &document).await, "FORBIDDEN", "{mutation}");
        }
        if !mutation.starts_with("requestHaloSync") {
            assert_eq!(code(&support, &document).await, "FORBIDDEN", "{mutation}");
        }
    }
    assert_eq!(code(&api.world.admin().await, "{ partners { totalCount } }").await, "FORBIDDEN");
    let save = "mutation { saveHaloConnection(input: {}) { userErrors { code } } }";
    for (caller, document, advice) in [
        (&viewer, save, "Ask an administrator of your organisation."),
        (&support, save, "It is the partner's to do: ask one of the partner's administrators."),
        (&api.world.admin().await, "{ partners { totalCount } }", "It is for INFIMA's own people and services."),
        (&platform, "{ partner { name } }", "The platform's service imports the roster, and nothing else."),
    ] {
        let message = api.ask(caller, document, json!({})).await["errors"][0]["message"].take();
        assert_eq!(message, format!("Your role does not permit this. {advice}"));
    }
    for query in [
        format!("{{ partner(id: \"{partner}\") {{ name }} }}"),
        format!("{{ node(id: \"{partner}\") {{ id }} }}"),
        "{ partner { name } }".to_owned(),
        "{ partners { totalCount } }".to_owned(),
        "{ haloCustomers(search: \"\") { totalCount } }".to_owned(),
    ] {
        assert_eq!(code(&platform, &query).await, "FORBIDDEN", "{query}");
    }
}

#[tokio::test]
async fn support_must_name_partner_and_reason() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let support = api.support().await;
    let partner = api.world.partner().await.to_string();
    let unnamed = api.ask(&support, "{ partner { name } }", json!({})).await;
    assert_eq!(
        (&unnamed["errors"][0]["code"], &unnamed["errors"][0]["field"]),
        (&json!("BAD_USER_INPUT"), &json!(["id"]))
    );
    let find = "query($search: String) { partners(search: $search, first: 5) { totalCount nodes { externalId
        haloConnection { status } clientCounts { total mapped } } } }";
    let found = api.data(&support, find, json!({ "search": "alder" })).await["partners"].take();
    assert_json_snapshot!(found, @r#"
    {
      "nodes": [
        {
          "clientCounts": {
            "mapped": 1,
            "total": 1
          },
          "externalId": "northwind",
          "haloConnection": {
            "status": "CONNECTED"
          }
        }
      ],
      "totalCount": 1
    }
    "#);
    assert_eq!(api.data(&support, find, json!({ "search": "nowhere" })).await["partners"]["totalCount"], 0);
    let customers = "query($search: String!, $partner: ID) {
        haloCustomers(search: $search, partnerId: $partner) { totalCount } }";
    for query in [find, customers] {
        let refused = api.ask(&support, query, json!({ "search": "a\u{0}b", "partner": partner })).await;
        let error = (&refused["errors"][0]["code"], &refused["errors"][0]["field"]);
        assert_eq!(error, (&json!("BAD_USER_INPUT"), &json!(["search"])), "{query}");
    }

    let sync = "mutation($partner: ID, $reason: String) {
        requestHaloSync(input: { partnerId: $partner, reason: $reason }) {
            run { id requestedBy { name role } } userErrors { code field } } }";
    let refusal = |code: &str, field: &str| json!({ "run": null, "userErrors": [{ "code": code, "field": [field] }] });
    let ask = async |partner: Option<&str>, reason: Option<&str>| {
        api.data(&support, sync, json!({ "partner": partner, "reason": reason })).await["requestHaloSync"].take()
    };
    assert_eq!(ask(None, Some("ticket 7")).await, refusal("REQUIRED", "partnerId"));
    assert_eq!(ask(Some(&partner), None).await, refusal("REASON_REQUIRED", "reason"));
    assert_eq!(ask(Some(&partner), Some("  ")).await, refusal("REASON_REQUIRED", "reason"));
    assert_eq!(ask(Some(&partner), Some(&"x".repeat(501))).await, refusal("TOO_LONG", "reason"));
    assert_eq!(ask(Some(&partner), Some("ticket\u{0}7")).await, refusal("INVALID", "reason"));
    let unknown = json!({ "partner": "partner_00000000000000000000000000000000", "reason": "ticket 7" });
    assert_eq!(api.ask(&support, sync, unknown).await["errors"][0]["code"], "NOT_FOUND");
    let requested = ask(Some(&partner), Some("ticket 7")).await;
    assert_eq!(requested["run"]["requestedBy"], json!({ "name": "Sam Example", "role": "SUPPORT" }));

    let admin = api.world.admin().await;
    let seen = "query($run: ID!) { haloSyncRun(id: $run) { requestedBy { name } }
        partner { activity(first: 1) { nodes { action actor { name role } reason subjectId requestId } } } }";
    let run = requested["run"]["id"].clone();
    let seen = api.data(&admin, seen, json!({ "run": run })).await;
    assert_eq!(seen["haloSyncRun"]["requestedBy"]["name"], "INFIMA support");
    let entry = &seen["partner"]["activity"]["nodes"][0];
    assert_eq!((&entry["action"], &entry["reason"]), (&json!("sync.requested"), &json!("ticket 7")));
    assert_eq!((&entry["actor"]["name"], &entry["subjectId"]), (&json!("INFIMA support"), &run));
}

#[tokio::test]
async fn sync_request_with_empty_or_unknown_clients_is_refused() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let admin = api.world.admin().await;
    let sync = "mutation($clients: [ID!]) { requestHaloSync(input: { clientIds: $clients }) {
        run { id } userErrors { code field } } }";
    let empty = api.data(&admin, sync, json!({ "clients": [] })).await["requestHaloSync"].take();
    assert_eq!(empty, json!({ "run": null, "userErrors": [{ "code": "REQUIRED", "field": ["clientIds"] }] }));

    let preview = "query($clients: [ID!]) { haloSyncPreview(clientIds: $clients) { entries { client { name } } } }";
    let alder = api.world.client("Alder").await.to_string();
    for unknown in ["client_x", "client_00000000000000000000000000000000"] {
        let asked = api.ask(&admin, preview, json!({ "clients": [alder, unknown] })).await;
        assert_eq!(asked["data"]["haloSyncPreview"], Value::Null);
        let error = (&asked["errors"][0]["code"], &asked["errors"][0]["field"]);
        assert_eq!(error, (&json!("BAD_USER_INPUT"), &json!(["clientIds", "1"])));
    }
}

#[tokio::test]
async fn runs_and_activity_are_filtered() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let (admin, support) = (api.world.admin().await, api.support().await);
    // A nightly sync; one that came while a requested sync was waiting; and what was requested
    // since.
    let nights = "insert into sync_runs (id, partner_id, trigger, state, interactive, finished_at, nightly_date, nightly_requested_at)
        select ('ffffffff-0000-7000-8000-00000000000' || n)::uuid, p.id, trigger, 'succeeded', false, now(), night, case when night is not null then now() end
        from partners p, (values (1, 'nightly', date '2026-11-22'), (2, 'on_demand', '2026-11-23'), (3, 'on_demand', null),
                                 (4, 'on_demand', null), (5, 'on_demand', null)) as r (n, trigger, night)";
    sqlx::query(nights).execute(&api.world.owner).await.expect("the rows fit");
    let list = "query($trigger: HaloSyncTrigger, $first: Int, $after: String) { partner {
        haloSyncRuns(trigger: $trigger, first: $first, after: $after) {
            totalCount nodes { trigger } pageInfo { hasNextPage endCursor } } } }";
    let runs = async |variables| api.data(&admin, list, variables).await["partner"]["haloSyncRuns"].take();
    let night = runs(json!({ "trigger": "NIGHTLY", "first": 1 })).await;
    assert_eq!((&night["totalCount"], &night["nodes"]), (&json!(2), &json!([{ "trigger": "ON_DEMAND" }])));
    assert_eq!(night["pageInfo"]["hasNextPage"], true);
    let before = json!({ "trigger": "NIGHTLY", "first": 1, "after": night["pageInfo"]["endCursor"] });
    let before = runs(before).await;
    assert_eq!(before["nodes"], json!([{ "trigger": "NIGHTLY" }]));
    assert_eq!(before["pageInfo"]["hasNextPage"], false);
    assert_eq!(runs(json!({ "trigger": "ON_DEMAND" })).await["totalCount"], 4);
    assert_eq!(runs(json!({ "trigger": "ASSOCIATION_SAVED" })).await["totalCount"], 1);
    assert_eq!(runs(json!({})).await["totalCount"], 6);

    let partner = api.world.partner().await.to_string();
    let log = "query($partner: ID!, $changes: Boolean) { partner(id: $partner) { activity(changesOnly: $changes) {
        totalCount nodes { action subject { __typename ... on HaloClientAssociation { client { name } } } } } } }";
    let activity = async |changes: Option<bool>| {
        let variables = json!({ "partner": partner, "changes": changes });
        api.data(&support, log, variables).await["partner"]["activity"].take()
    };
    for _ in 0..3 {
        activity(None).await;
    }
    let (all, changes) = (activity(Some(false)).await, activity(Some(true)).await);
    assert_eq!(all["nodes"][0]["action"], "support.read");
    let changed = changes["nodes"].as_array().expect("a list");
    assert_eq!(changes["totalCount"], changed.len());
    assert!(changed.iter().all(|entry| entry["action"] != "support.read"), "{changed:?}");
    let saved = changed.iter().find(|entry| entry["action"] == "association.saved").expect("Alder was mapped");
    assert_eq!(saved["subject"], json!({ "__typename": "HaloClientAssociation", "client": { "name": "Alder" } }));
}

#[tokio::test]
async fn halo_error_text_is_shown_only_to_support() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    let run = world.map(&["Alder"]).await.run.unwrap();
    world.tenant.inject(Fault::ServerErrorBefore, Matching::call(Call::Create), Lasting::Sticky);
    world.work(run).await;
    let api = Api::over(world);
    let evidence = "query($id: ID!) { haloSyncRun(id: $id) { results { nodes { evidence problem { code } } } } }";
    let id = json!({ "id": run.to_string() });
    let of = async |caller: &Caller| {
        api.data(caller, evidence, id.clone()).await["haloSyncRun"]["results"]["nodes"][0].take()
    };
    let (partner, support) = (of(&api.world.admin().await).await, of(&api.support().await).await);
    assert_eq!(partner["problem"], support["problem"]);
    assert_eq!(partner["evidence"], Value::Null);
    assert!(support["evidence"].is_string());
}

#[tokio::test]
async fn run_subscription_ends_when_run_finishes() {
    let world = World::builder().clients(&[("Alder", 3), ("Birch", 5)]).connected().build().await;
    let run = world.map(&["Alder", "Birch"]).await.run.unwrap();
    let api = Api::over(world);
    let follow = "subscription($id: ID!) { haloSyncRun(id: $id) { \
                  status progress { done total } pollAfterMs summary { created haloRequests } } }";
    let subscribe = |caller: &Caller, id: String| {
        let request = Request::new(follow).variables(Variables::from_json(json!({ "id": id }))).data(caller.clone());
        api.schema.execute_stream(request).map(shown)
    };
    let admin = api.world.admin().await;
    let mut events = subscribe(&admin, run.to_string());
    let first = events.next().await.unwrap();
    assert_eq!(first["data"]["haloSyncRun"]["status"], "QUEUED");
    // Another process executes the run, and Halo is slow to answer the first create.
    api.world.tenant.inject(Fault::HeldAfter, Matching::call(Call::Create), Lasting::Once);
    let tenant = api.world.tenant.clone();
    let follow_it = async {
        let mut seen = vec![events.next().await.unwrap()];
        while seen.last().unwrap()["data"]["haloSyncRun"]["progress"]["total"] == 0 {
            seen.push(events.next().await.unwrap());
        }
        tenant.until(|tenant| tenant.held() > 0).await;
        tenant.release();
        seen.extend(events.collect::<Vec<_>>().await);
        seen
    };
    let (seen, _) = tokio::join!(follow_it, api.world.work(run));
    let mut states: Vec<_> = seen.iter().map(|event| event["data"]["haloSyncRun"]["status"].clone()).collect();
    assert!(seen.windows(2).all(|pair| pair[0] != pair[1]), "nothing is said twice: {seen:?}");
    states.dedup();
    assert_eq!(states, ["RUNNING", "SUCCEEDED"]);
    let summary = seen.last().unwrap()["data"]["haloSyncRun"]["summary"].clone();
    assert_eq!(summary["created"], 2);
    let done = json!({ "done": 2, "total": 2 });
    let last = json!({ "status": "SUCCEEDED", "progress": done, "pollAfterMs": null, "summary": summary });
    assert_eq!(seen.last().unwrap()["data"]["haloSyncRun"], last);

    // A finished run reports its end once.
    let again: Vec<_> = subscribe(&admin, run.to_string()).collect().await;
    assert_eq!(again.iter().map(|event| &event["data"]["haloSyncRun"]).collect::<Vec<_>>(), [&last]);

    api.world.import_partner("other", &[]).await;
    let stranger = api.world.caller(Role::PartnerAdmin, Some("other")).await;
    for id in [run.to_string(), "run_0".into(), "".into()] {
        let refused: Vec<_> = subscribe(&stranger, id).collect().await;
        assert_eq!(refused.len(), 1);
        assert_eq!((&refused[0]["data"], &refused[0]["errors"][0]["code"]), (&Value::Null, &json!("NOT_FOUND")));
    }
}

#[tokio::test]
async fn run_subscription_ends_with_the_token() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    let run = world.map(&["Alder"]).await.run.unwrap();
    let api = Api::over(world);
    let admin = api.world.admin().await;
    let follow = format!("subscription {{ haloSyncRun(id: \"{run}\") {{ status }} }}");
    let mut events = api.schema.execute_stream(Request::new(follow).data(admin)).map(shown);
    assert_eq!(events.next().await.unwrap()["data"]["haloSyncRun"]["status"], "QUEUED");
    api.world.clock.advance(chrono::Duration::hours(2));
    let (rest, _) = tokio::join!(events.collect::<Vec<_>>(), api.world.work(run));
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0]["errors"][0]["code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn import_reports_each_invalid_record() {
    let api = Api::over(World::builder().empty_roster().build().await);
    let platform = api.world.caller(Role::Platform, None).await;
    let import = "mutation($input: ImportRosterInput!) { importRoster(input: $input) {
        imported { stored alreadyKnown } userErrors { code field } } }";
    let partner = |id: &str, zone: Option<&str>, version: Value| json!({ "externalId": id, "name": id, "timeZone": zone, "state": "ACTIVE", "version": version });
    let input = json!({ "input": {
        "partners": [
            partner("one", Some("Europe/London"), json!(1_764_000_000_000_i64)),
            partner("two", Some("Middle/Earth"), json!("9007199254740993")),
            partner(" ", None, json!(1)),
        ],
        "clients": [
            { "externalId": "c1", "partnerExternalId": "one", "name": "Alder", "state": "ACTIVE", "version": 1 },
            { "externalId": "c2", "partnerExternalId": "unknown", "name": "Birch", "state": "ACTIVE", "version": 1 },
        ],
        "users": [
            { "externalId": "u1", "clientExternalId": "c1", "email": "A@x.example", "state": "ACTIVE", "version": 1 },
            { "externalId": "u2", "clientExternalId": "c1", "email": "a@x.example ", "state": "ACTIVE", "version": 1 },
            { "externalId": "u3", "clientExternalId": "c1", "state": "DEACTIVATED", "version": 1 },
        ],
    } });
    assert_json_snapshot!(api.data(&platform, import, input.clone()).await["importRoster"], @r#"
    {
      "imported": {
        "alreadyKnown": 0,
        "stored": 6
      },
      "userErrors": [
        {
          "code": "REQUIRED",
          "field": [
            "partners",
            "2",
            "externalId"
          ]
        },
        {
          "code": "OWNER_UNKNOWN",
          "field": [
            "clients",
            "1",
            "partnerExternalId"
          ]
        },
        {
          "code": "INVALID",
          "field": [
            "partners",
            "1",
            "timeZone"
          ]
        }
      ]
    }
    "#);
    let again = api.data(&platform, import, input).await["importRoster"]["imported"].take();
    assert_eq!(again["stored"], 0);
    let admin = api.world.caller(Role::PartnerAdmin, Some("one")).await;
    let read = "{ partner { haloSyncSettings { timeZone nightly nightStart nightEnd }
        clients { nodes { externalId activeUserCount archived haloAssociation { id } } } } }";
    assert_json_snapshot!(api.data(&admin, read, json!({})).await["partner"], @r#"
    {
      "clients": {
        "nodes": [
          {
            "activeUserCount": 1,
            "archived": false,
            "externalId": "c1",
            "haloAssociation": null
          }
        ]
      },
      "haloSyncSettings": {
        "nightEnd": "05:00",
        "nightStart": "01:00",
        "nightly": true,
        "timeZone": "Europe/London"
      }
    }
    "#);

    let change = "mutation($input: UpdateHaloSyncSettingsInput!) { updateHaloSyncSettings(input: $input) {
        partner { haloSyncSettings { timeZone nightly nightStart nightEnd } } userErrors { code field } } }";
    let input = json!({ "input": { "nightStart": "22:30", "nightEnd": "02:00", "timeZone": "Asia/Tokyo" } });
    assert_json_snapshot!(api.data(&admin, change, input).await["updateHaloSyncSettings"], @r#"
    {
      "partner": {
        "haloSyncSettings": {
          "nightEnd": "02:00",
          "nightStart": "22:30",
          "nightly": true,
          "timeZone": "Asia/Tokyo"
        }
      },
      "userErrors": []
    }
    "#);
    let wrong = json!({ "input": { "timeZone": "Middle/Earth" } });
    let wrong = api.data(&admin, change, wrong).await["updateHaloSyncSettings"].take();
    assert_eq!(wrong, json!({ "partner": null, "userErrors": [{ "code": "INVALID", "field": ["timeZone"] }] }));
}

#[tokio::test]
async fn preview_shows_what_a_sync_would_change() {
    let api = Api::synced(&[("Alder", 3), ("Birch", 5)]).await;
    api.world.import_partner("northwind", &[("Cedar", 1)]).await;
    api.world.set_users("Birch", 9).await;
    let admin = api.world.admin().await;
    let preview = "{ haloSyncPreview { complete entries {
        client { name } action activeUserCount quantityInHalo quantityAfter changedInHalo problem { code } } } }";
    assert_json_snapshot!(api.data(&admin, preview, json!({})).await["haloSyncPreview"], @r#"
    {
      "complete": true,
      "entries": [
        {
          "action": "NO_CHANGE",
          "activeUserCount": 3,
          "changedInHalo": false,
          "client": {
            "name": "Alder"
          },
          "problem": null,
          "quantityAfter": 3,
          "quantityInHalo": 3
        },
        {
          "action": "SET_QUANTITY",
          "activeUserCount": 9,
          "changedInHalo": false,
          "client": {
            "name": "Birch"
          },
          "problem": null,
          "quantityAfter": 9,
          "quantityInHalo": 5
        }
      ]
    }
    "#);
    api.world.import_partner("northwind", &[("Birch, Ltd.", 1)]).await;
    let suggest = "{ partner { clients(first: 5) { nodes { name suggestedHaloCustomers(first: 2) {
        exact customer { name associatedClients { name } } } } } } }";
    assert_json_snapshot!(api.data(&admin, suggest, json!({})).await["partner"]["clients"]["nodes"], @r#"
    [
      {
        "name": "Alder",
        "suggestedHaloCustomers": null
      },
      {
        "name": "Birch",
        "suggestedHaloCustomers": null
      },
      {
        "name": "Birch, Ltd.",
        "suggestedHaloCustomers": [
          {
            "customer": {
              "associatedClients": [
                {
                  "name": "Birch"
                }
              ],
              "name": "Birch"
            },
            "exact": true
          }
        ]
      },
      {
        "name": "Cedar",
        "suggestedHaloCustomers": []
      }
    ]
    "#);
}
