//! The history of a partner's problems, and what support sees of all partners' problems.

use chrono::{DateTime, Duration, Utc};
use infima_halo::auth::Role;
use infima_halo::domain::association::Ending;
use infima_halo::domain::roster::{PartnerRecord, RosterState};
use infima_halo::ids::ProblemId;
use infima_halo::ops::roster::import::Roster;
use infima_halo::sandbox::{Act, Call, Fault, Lasting, Matching};
use serde_json::{Value, json};

use crate::graphql::Api;
use crate::graphql::matrix::add_other_partner;
use crate::support::world::{PARTNER, World};

const FIELDS: &str =
    "id state consequence consequenceMessage suggestedAct waitsFor firstSeenAt lastSeenAt changedAt closedAt
    snoozedUntil client { name } association { status } problem { code } partner { externalId }
    acknowledgement { at note by { name role } }";
const COUNTS: &str = "{ partner { haloProblemCounts { open acknowledged snoozed changedSinceYesterday } } }";

/// The partner's problems, the latest change first.
pub(in crate::graphql) async fn problems(api: &Api, arguments: &str) -> Vec<Value> {
    let document = format!("{{ partner {{ haloProblems{arguments} {{ totalCount nodes {{ {FIELDS} }} }} }} }}");
    let mut found = api.data(&api.world.admin().await, &document, json!({})).await["partner"]["haloProblems"].take();
    let nodes = found["nodes"].as_array().expect("a list").clone();
    assert_eq!(found["totalCount"].take(), nodes.len(), "{arguments}");
    nodes
}

/// The only open problem.
pub(in crate::graphql) async fn open_problem(api: &Api) -> Value {
    let mut open = problems(api, "(state: [OPEN, ACKNOWLEDGED, SNOOZED])").await;
    assert_eq!(open.len(), 1, "{open:?}");
    open.remove(0)
}

fn codes(problems: &[Value]) -> Vec<(&str, &str)> {
    problems.iter().map(|it| (it["problem"]["code"].as_str().unwrap(), it["state"].as_str().unwrap())).collect()
}

pub(in crate::graphql) async fn set_active(world: &World, client: &str, active: bool) {
    let id = world.association(client).await.subscription.expect("it was created").id.0;
    world.tenant.act(Act::SetSubscriptionActive { id, active }).unwrap();
}

async fn counts(api: &Api) -> Value {
    api.data(&api.world.admin().await, COUNTS, json!({})).await["partner"]["haloProblemCounts"].take()
}

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().expect("a time").parse().expect("a time")
}

#[tokio::test]
async fn problem_is_recorded_from_the_sync_that_finds_it_to_the_one_that_does_not() {
    let api = Api::synced(&[("Alder", 3), ("Birch", 2)]).await;
    let world = &api.world;
    assert_eq!(problems(&api, "").await, [""; 0]);

    set_active(world, "Alder", false).await;
    world.sync().await;
    let found = open_problem(&api).await;
    for (field, expected) in [
        ("state", json!("OPEN")),
        ("consequence", json!("CLIENT_IS_NOT_SYNCED")),
        ("consequenceMessage", json!("The client's count is not written to Halo.")),
        ("suggestedAct", json!("FIX_IN_HALO")),
        ("waitsFor", json!("PARTNER")),
        ("firstSeenAt", json!("2026-11-24T09:00:00.000Z")),
        ("closedAt", Value::Null),
        ("snoozedUntil", Value::Null),
        ("acknowledgement", Value::Null),
        ("client", json!({ "name": "Alder" })),
        ("association", json!({ "status": "NEEDS_ATTENTION" })),
        ("problem", json!({ "code": "SUBSCRIPTION_INACTIVE" })),
        ("partner", json!({ "externalId": PARTNER })),
    ] {
        assert_eq!(found[field], expected, "{field}");
    }

    // It is the same problem when it is found again.
    world.clock.advance(Duration::hours(1));
    world.sync().await;
    let mut again = open_problem(&api).await;
    assert!(time(&again["lastSeenAt"]) > time(&found["lastSeenAt"]), "{again}");
    again["lastSeenAt"] = found["lastSeenAt"].clone();
    assert_eq!(again, found);

    // Another one takes its place, and is over when a user has decided.
    let id = world.association("Alder").await.subscription.expect("it was created").id.0;
    world.tenant.act(Act::DeleteSubscription { id }).unwrap();
    world.sync().await;
    let history = problems(&api, "").await;
    assert_eq!(codes(&history), [("SUBSCRIPTION_DELETED", "OPEN"), ("SUBSCRIPTION_INACTIVE", "CLOSED")]);
    assert_eq!(
        (&history[0]["firstSeenAt"], &history[0]["consequence"], &history[0]["suggestedAct"]),
        (&json!("2026-11-24T10:00:00.000Z"), &json!("NO_SUBSCRIPTION"), &json!("RECREATE_SUBSCRIPTION"))
    );
    assert_eq!(history[1]["id"], found["id"]);
    assert!(history[1]["closedAt"].is_string());
    world.recreate(world.association("Alder").await.id).await.expect("it is deleted");
    let states = [("SUBSCRIPTION_DELETED", "CLOSED"), ("SUBSCRIPTION_INACTIVE", "CLOSED")];
    assert_eq!(codes(&problems(&api, "").await), states);
}

#[tokio::test]
async fn problem_of_an_association_that_ended_is_over() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let world = &api.world;
    set_active(world, "Alder", false).await;
    world.sync().await;
    open_problem(&api).await;
    world.remove(world.association("Alder").await.id, Ending::KeepQuantity).await.expect("it is the partner's");
    world.look().await;
    assert_eq!(codes(&problems(&api, "").await), [("SUBSCRIPTION_INACTIVE", "CLOSED")]);
}

#[tokio::test]
async fn problem_of_the_connection_keeps_everything_from_being_synced() {
    let api = Api::synced(&[("Alder", 3)]).await;
    let world = &api.world;
    world.tenant.act(Act::RotateSecret).unwrap();
    world.sync().await;
    let found = open_problem(&api).await;
    assert_eq!(
        (&found["problem"]["code"], &found["client"], &found["association"], &found["consequence"]),
        (&json!("CREDENTIALS_REJECTED"), &Value::Null, &Value::Null, &json!("NOTHING_IS_SYNCED"))
    );
    assert_eq!((&found["suggestedAct"], &found["waitsFor"]), (&json!("UPDATE_CONNECTION_DETAILS"), &json!("PARTNER")));
    world.connect().await;
    assert_eq!(codes(&problems(&api, "").await), [("CREDENTIALS_REJECTED", "CLOSED")]);
}

#[tokio::test]
async fn warning_says_that_the_sync_continues() {
    let api = Api::synced(&[("Alder", 9)]).await;
    let world = &api.world;
    world.set_users("Alder", 2).await;
    world.sync().await;
    let found = open_problem(&api).await;
    assert_eq!(
        (&found["problem"]["code"], &found["consequence"], &found["suggestedAct"], &found["waitsFor"]),
        (&json!("QUANTITY_FELL"), &json!("SYNC_CONTINUES"), &json!("CHECK_COUNT"), &json!("PARTNER"))
    );
    world.sync().await;
    assert_eq!(codes(&problems(&api, "").await), [("QUANTITY_FELL", "CLOSED")]);
}

#[tokio::test]
async fn what_infima_tries_again_by_itself_waits_for_no_one() {
    let world = World::builder().clients(&[("Alder", 3)]).connected().build().await;
    world.tenant.inject(Fault::ServerErrorBefore, Matching::call(Call::Create), Lasting::Sticky);
    let run = world.map(&["Alder"]).await.run.expect("there is something to create");
    world.work(run).await;
    let api = Api::over(world);
    let found = open_problem(&api).await;
    assert_eq!(
        (&found["problem"]["code"], &found["consequence"], &found["suggestedAct"], &found["waitsFor"]),
        (&json!("CREATE_UNCONFIRMED"), &json!("NO_SUBSCRIPTION"), &json!("WAIT"), &json!("NO_ONE"))
    );
}

/// Four clients with an open, an acknowledged, a snoozed and a closed problem, by their names.
async fn one_of_each_state() -> Api {
    let api = Api::synced(&[("Alder", 3), ("Birch", 2), ("Cedar", 1), ("Dogwood", 4)]).await;
    let world = &api.world;
    for client in ["Alder", "Birch", "Cedar", "Dogwood"] {
        set_active(world, client, false).await;
    }
    world.sync().await;
    set_active(world, "Dogwood", true).await;
    world.sync().await;
    let noted = "update problems set acknowledged_at = now(), note = 'known',
                     acknowledged_by = '{\"role\": \"partner_admin\", \"subject\": \"sam\"}'
                 from clients c where c.id = client_id and c.name in ('Birch', 'Cedar')";
    world.change(sqlx::query(noted)).await;
    let set_aside = "update problems set snoozed_until = $1 from clients c where c.id = client_id and c.name = 'Cedar'";
    world.change(sqlx::query(set_aside).bind(world.clock.now() + Duration::days(2))).await;
    // As if they had changed one after the other, long ago.
    let times = "update problems set changed_at = timestamptz '2026-11-20T09:00Z' + interval '1 day' * place
                 from (select id, row_number() over (order by name) place from clients) c where c.id = client_id";
    world.change(sqlx::query(times)).await;
    api
}

#[tokio::test]
async fn list_is_narrowed_by_state_kind_client_and_time() {
    let api = one_of_each_state().await;
    let birch = api.world.client("Birch").await;
    let by_client = format!("(clientId: \"{birch}\")");
    for (arguments, expected) in [
        ("", "Dogwood Cedar Birch Alder"),
        ("(state: [OPEN])", "Alder"),
        ("(state: [ACKNOWLEDGED])", "Birch"),
        ("(state: [SNOOZED])", "Cedar"),
        ("(state: [CLOSED])", "Dogwood"),
        ("(state: [OPEN, ACKNOWLEDGED, SNOOZED])", "Cedar Birch Alder"),
        ("(state: [SNOOZED, CLOSED])", "Dogwood Cedar"),
        ("(state: [])", ""),
        ("(code: [SUBSCRIPTION_INACTIVE])", "Dogwood Cedar Birch Alder"),
        ("(code: [SUBSCRIPTION_DELETED])", ""),
        (&by_client, "Birch"),
        ("(clientId: \"none\")", ""),
        ("(from: \"2026-11-24T09:00:00Z\")", "Dogwood Cedar Birch Alder"),
        ("(from: \"2026-11-24T09:00:01Z\")", ""),
        ("(to: \"2026-11-24T09:00:00Z\")", ""),
        ("(changedSince: \"2026-11-23T09:00:00Z\")", "Dogwood Cedar"),
        ("(changedSince: \"2026-11-23T09:00:00Z\", state: [OPEN, SNOOZED])", "Cedar"),
    ] {
        let found = problems(&api, arguments).await;
        let names: Vec<_> = found.iter().map(|it| it["client"]["name"].as_str().unwrap()).collect();
        assert_eq!(names.join(" "), expected, "{arguments}");
    }
}

#[tokio::test]
async fn counts_are_by_state_and_since_yesterday_morning() {
    let api = one_of_each_state().await;
    // It is the 24th in Berlin. On the 22nd, 23:00 UTC, yesterday begins there.
    let expected = json!({ "open": 1, "acknowledged": 1, "snoozed": 1, "changedSinceYesterday": 2 });
    assert_eq!(counts(&api).await, expected);
    let morning = "update problems set changed_at = '2026-11-22T23:00Z' from clients c
                   where c.id = client_id and c.name = 'Alder'";
    api.world.change(sqlx::query(morning)).await;
    assert_eq!(counts(&api).await["changedSinceYesterday"], 3);
    api.world.change(sqlx::query("update problems set changed_at = changed_at - interval '1 second'")).await;
    assert_eq!(counts(&api).await["changedSinceYesterday"], 2);
    // A snooze ends by itself, and the note is still there.
    api.world.clock.advance(Duration::days(2));
    let later = json!({ "open": 1, "acknowledged": 2, "snoozed": 0, "changedSinceYesterday": 0 });
    assert_eq!(counts(&api).await, later);
    let acknowledged = problems(&api, "(state: [ACKNOWLEDGED])").await;
    assert_eq!(acknowledged[0]["snoozedUntil"], "2026-11-26T09:00:00.000Z");
}

#[tokio::test]
async fn pages_of_problems_join_up() {
    let api = one_of_each_state().await;
    // Two changed at the same time.
    let same = "update problems set changed_at = '2026-11-22T09:00:00.000001Z'
                from clients c where c.id = client_id and c.name in ('Birch', 'Cedar')";
    api.world.change(sqlx::query(same)).await;
    let list = "query($after: String) { partner { haloProblems(first: 1, after: $after) {
        totalCount nodes { id } pageInfo { hasNextPage endCursor } } } }";
    let admin = api.world.admin().await;
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = api.data(&admin, list, json!({ "after": after })).await["partner"]["haloProblems"].take();
        assert_eq!(page["totalCount"], 4);
        seen.push(page["nodes"][0]["id"].clone());
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    let all: Vec<_> = problems(&api, "").await.into_iter().map(|it| it["id"].clone()).collect();
    assert_eq!(seen, all);
    // A cursor of another list is none of this one.
    let clients = "{ partner { clients(first: 1) { pageInfo { endCursor } } } }";
    let cursor = api.data(&admin, clients, json!({})).await["partner"]["clients"]["pageInfo"]["endCursor"].take();
    let refused = api.ask(&admin, list, json!({ "after": cursor })).await;
    let error = &refused["errors"][0];
    assert_eq!((&error["code"], &error["field"]), (&json!("BAD_USER_INPUT"), &json!(["after"])), "{refused}");
}

const ACROSS: &str = "query($state: [HaloProblemState!], $code: [HaloProblemCode!], $since: DateTime, $first: Int,
    $from: DateTime, $after: String) { haloProblems(state: $state, code: $code, changedSince: $since, from: $from, first: $first, after: $after) {
        totalCount nodes { state partner { externalId } client { name } problem { code } }
        pageInfo { hasNextPage endCursor } } }";

/// Alder of `northwind` has an open problem and one that is closed; `other` has an open one.
async fn two_partners() -> Api {
    let api = Api::synced(&[("Alder", 3)]).await;
    add_other_partner(&api.world).await;
    set_active(&api.world, "Alder", false).await;
    api.world.sync().await;
    let id = api.world.association("Alder").await.subscription.expect("it was created").id.0;
    api.world.tenant.act(Act::DeleteSubscription { id }).unwrap();
    api.world.sync().await;
    let blocked = "update associations set state = 'needs_attention',
                       problem = jsonb_build_object('code', 'customer_inactive', 'since', now() - interval '3 days')
                   where partner_id <> $1";
    api.world.change(sqlx::query(blocked).bind(api.world.partner().await.0)).await;
    api
}

async fn across(api: &Api, variables: Value) -> Value {
    api.data(&api.support().await, ACROSS, variables).await["haloProblems"].take()
}

fn shown(found: &Value) -> Vec<(&str, &str, &str)> {
    let nodes = found["nodes"].as_array().expect("a list").iter();
    let values = |it| -> [&Value; 3] {
        let it: &Value = it;
        [&it["partner"]["externalId"], &it["problem"]["code"], &it["state"]]
    };
    nodes.map(values).map(|values| values.map(|value| value.as_str().expect("a text"))).map(<_>::from).collect()
}

#[tokio::test]
async fn support_sees_what_changed_for_all_partners() {
    let api = two_partners().await;
    let (other, deleted, inactive) = (
        ("other", "CUSTOMER_INACTIVE", "OPEN"),
        (PARTNER, "SUBSCRIPTION_DELETED", "OPEN"),
        (PARTNER, "SUBSCRIPTION_INACTIVE", "CLOSED"),
    );
    let all = across(&api, json!({})).await;
    assert_eq!((shown(&all), &all["totalCount"]), (vec![other, deleted, inactive], &json!(3)));
    assert_eq!(all["nodes"][0]["client"]["name"], "Dogwood");
    let since = |ago: &str| format!("select (now() - interval '{ago}')::text");
    let time = async |ago: &str| -> String {
        let at: String = sqlx::query_scalar(sqlx::AssertSqlSafe(since(ago))).fetch_one(&api.world.owner).await.unwrap();
        let at = DateTime::parse_from_str(&at, "%Y-%m-%d %H:%M:%S%.f%#z").unwrap();
        at.to_rfc3339()
    };
    for (variables, expected) in [
        (json!({ "state": ["OPEN"] }), vec![other, deleted]),
        (json!({ "state": ["CLOSED"] }), vec![inactive]),
        (json!({ "code": ["SUBSCRIPTION_DELETED", "CUSTOMER_INACTIVE"] }), vec![other, deleted]),
        (json!({ "since": time("1 hour").await }), vec![other, deleted, inactive]),
        (json!({ "since": time("-1 hour").await }), vec![]),
        (json!({ "from": time("2 days").await, "code": ["CUSTOMER_INACTIVE"] }), vec![]),
        (json!({ "from": time("4 days").await, "code": ["CUSTOMER_INACTIVE"] }), vec![other]),
    ] {
        let found = across(&api, variables.clone()).await;
        assert_eq!((shown(&found), &found["totalCount"]), (expected.clone(), &json!(expected.len())), "{variables}");
    }
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    for _ in 0..3 {
        let page = across(&api, json!({ "first": 1, "after": after })).await;
        assert_eq!(page["totalCount"], 3);
        after = page["pageInfo"]["endCursor"].clone();
        seen.push(page);
    }
    let seen: Vec<_> = seen.iter().flat_map(shown).collect();
    assert_eq!(seen, [other, deleted, inactive]);
    // Both partners can see that support looked.
    let reads = "select count(distinct partner_id) from activity where act = 'support.read'";
    assert_eq!(api.world.value::<i64>(reads).await, 2);
}

#[tokio::test]
async fn problems_of_an_archived_partner_are_no_work_for_support() {
    let api = two_partners().await;
    let archived = PartnerRecord {
        external_id: "other".into(),
        name: "Other".into(),
        time_zone: None,
        state: RosterState::Archived,
        version: 1_000,
    };
    api.world.import(Roster { partners: vec![archived], ..Roster::default() }).await;
    let left = across(&api, json!({ "state": ["OPEN"] })).await;
    assert_eq!((shown(&left), &left["totalCount"]), (vec![(PARTNER, "SUBSCRIPTION_DELETED", "OPEN")], &json!(1)));
}

#[tokio::test]
async fn partner_never_sees_problems_of_another_one() {
    let api = two_partners().await;
    let document = format!("{{ partner {{ haloProblems {{ nodes {{ {FIELDS} }} }} }} }}");
    let other = api.world.caller(Role::PartnerAdmin, Some("other")).await;
    let own = api.data(&other, &document, json!({})).await["partner"]["haloProblems"]["nodes"].take();
    assert_eq!(codes(own.as_array().unwrap()), [("CUSTOMER_INACTIVE", "OPEN")]);
    let node = "query($id: ID!) { node(id: $id) { id ... on HaloProblemRecord { state } } }";
    let id = own[0]["id"].clone();
    assert_eq!(api.data(&other, node, json!({ "id": id })).await["node"]["state"], "OPEN");
    assert_eq!(api.data(&api.support().await, node, json!({ "id": id })).await["node"]["state"], "OPEN");
    let admin = api.world.admin().await;
    assert_eq!(api.data(&admin, node, json!({ "id": id })).await["node"], Value::Null);
    let unknown = ProblemId::generate().to_string();
    assert_eq!(api.data(&admin, node, json!({ "id": unknown })).await["node"], Value::Null);
    let refused = api.ask(&admin, ACROSS, json!({})).await;
    assert_eq!(refused["errors"][0]["code"], "FORBIDDEN");
}
