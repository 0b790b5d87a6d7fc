//! Descriptions that the library gives no place for: of the schema as a whole, and of the types of
//! lists, which are generic.

use async_graphql::{
    ObjectType, OutputType, Response, SchemaBuilder, SubscriptionType, Value,
    connection::{Connection, CursorType, Edge, EmptyFields, PageInfo},
    parser::parse_query,
};

use super::compat::{document::find_operation, selection::fields_of};
use super::objects::{
    activity::Activity,
    client::Client,
    customer::{Found, HaloCustomer, HaloCustomers},
    evidence::BillingEvidence,
    mapping_suggestion::{HaloMappingSuggestion, Suggested},
    partner::Partner,
    problem_record::HaloProblemRecord,
    result::HaloSyncResult,
    run::HaloSyncRun,
    user::ClientUser,
    webhook::HaloWebhookDelivery,
};
use super::page::{Place, Total};

const ABOUT: &str = "INFIMA's Halo PSA integration. A partner connects its Halo and maps its clients to customers \
    there. INFIMA keeps one subscription for each mapped client, whose quantity is the client's active user count: \
    every night, and on request. Start with `viewer`, or with `partners` as support; everything about a partner is \
    reachable from `partner`.";

/// Replaces the library's description of the schema, which is a sentence about schemas in general,
/// in the response to `document`.
pub(super) fn describe_schema(response: &mut Response, document: &str, operation: Option<&str>) {
    let Ok(document) = parse_query(document) else { return };
    let Ok((_, operation)) = find_operation(&document, operation) else { return };
    let Value::Object(data) = &mut response.data else { return };
    for (_, schema) in fields_of(&document, "Query", &operation.selection_set.node) {
        let Some(Value::Object(shown)) = data.get_mut(&schema.response_key().node) else { continue };
        if schema.name.node != "__schema" {
            continue;
        }
        for (_, field) in fields_of(&document, "__Schema", &schema.selection_set.node) {
            if let (true, Some(text)) = (field.name.node == "description", shown.get_mut(&field.response_key().node)) {
                *text = Value::from(ABOUT);
            }
        }
    }
}

/// Describes the library's generic types of lists.
pub(super) fn describe_lists<Q, M, S>(schema: SchemaBuilder<Q, M, S>) -> SchemaBuilder<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    fn list<Q, M, S, C, N, T>(schema: SchemaBuilder<Q, M, S>) -> SchemaBuilder<Q, M, S>
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
        C: CursorType + Send + Sync,
        N: OutputType,
        T: ObjectType,
    {
        schema
            .override_output_type_description::<Connection<C, N, T>>(
                "A page of a list. To read the next page, query again with `after: pageInfo.endCursor` and the same \
                 arguments.",
            )
            .override_output_type_description::<Edge<C, N, EmptyFields>>("An entry of a list, with its cursor.")
    }
    let schema = list::<_, _, _, Place, Activity, Total>(schema);
    let schema = list::<_, _, _, Place, BillingEvidence, Total>(schema);
    let schema = list::<_, _, _, Place, Client, Total>(schema);
    let schema = list::<_, _, _, Place, ClientUser, Total>(schema);
    let schema = list::<_, _, _, Place, HaloProblemRecord, Total>(schema);
    let schema = list::<_, _, _, Place, HaloSyncResult, Total>(schema);
    let schema = list::<_, _, _, Place, HaloSyncRun, Total>(schema);
    let schema = list::<_, _, _, Place, HaloWebhookDelivery, Total>(schema);
    let schema = list::<_, _, _, Place, Partner, Total>(schema);
    let schema = list::<_, _, _, Place, HaloMappingSuggestion, Suggested>(schema);
    let schema = list::<_, _, _, HaloCustomers, HaloCustomer, Found>(schema);
    schema.override_output_type_description::<PageInfo>(
        "The position of a page in its list. Lists are paginated forwards.",
    )
}
