//! The plan of a sync, without any Halo: each scenario with its plan in words, and what holds for
//! any plan.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use chrono::{DateTime, Utc};
use infima_halo::domain::association::{Ending, initial_name, marker};
use infima_halo::domain::plan::{
    Action, Create, CustomerState, Desired, DesiredAssociation, FallLimit, Goal, Lookup, Observed, ObservedCustomer,
    ObservedSubscription, Plan, Sent, UnconfirmedWrite, diff, render,
};
use infima_halo::domain::problem::{Problem, ProblemCode, ProblemKind};
use infima_halo::domain::roster::UserCounts;
use infima_halo::ids::{AssociationId, ClientId, HaloCustomerId, HaloSubscriptionId, HaloTenant};
use proptest::prelude::*;
use strum::VariantArray;

use crate::domain::problems::{example, refused_quantity};

fn now() -> DateTime<Utc> {
    "2026-11-24T02:00:00Z".parse().expect("a constant")
}

fn tenant() -> HaloTenant {
    HaloTenant("northwind".into())
}

fn writes(plan: &Plan) -> bool {
    plan.steps.iter().any(|step| step.action.writes())
}

fn marker_of(client: &str, customer: i32) -> String {
    marker(client, &tenant(), HaloCustomerId(customer))
}

/// A tenant's customers and subscriptions, and the desired state.
#[derive(Clone, Debug)]
struct Scene {
    wanted: Vec<DesiredAssociation>,
    competing_associations: Vec<DesiredAssociation>,
    /// Owned by associations that are not part of this run.
    owned: BTreeSet<HaloSubscriptionId>,
    tenant: HaloTenant,
    /// Halo's customers; the value says whether one is inactive.
    customers: BTreeMap<i32, bool>,
    subscriptions: Vec<ObservedSubscription>,
    /// The tenant's list is read, and shows the other subscriptions as well.
    listed: bool,
    /// The customers of all associations are read.
    customers_due: bool,
    needs_users: bool,
    fall_limit: Option<FallLimit>,
}

impl Scene {
    fn new() -> Self {
        let customers = BTreeMap::from([(41, false), (42, false)]);
        let (wanted, competing_associations, subscriptions) = (Vec::new(), Vec::new(), Vec::new());
        Self {
            wanted,
            competing_associations,
            owned: BTreeSet::new(),
            tenant: tenant(),
            customers,
            subscriptions,
            listed: false,
            customers_due: false,
            needs_users: false,
            fall_limit: None,
        }
    }

    fn desired(&self) -> Desired {
        let mut owned = self.owned.clone();
        owned.extend(self.wanted.iter().filter_map(|it| it.subscription));
        // A lookup is still due where an association asks for it.
        let asks =
            |it: &DesiredAssociation| it.problem.as_ref().is_some_and(|it| it.code() == ProblemCode::FieldsOverwritten);
        let suspended_since = self.wanted.iter().any(asks).then(now);
        let (associations, competing_associations) = (self.wanted.clone(), self.competing_associations.clone());
        Desired {
            tenant: tenant(),
            associations,
            competing_associations,
            owned,
            suspended_since,
            needs_users: self.needs_users,
            fall_limit: self.fall_limit,
            customers_due: false,
        }
    }

    /// The observation of this Halo for the desired associations.
    fn observed(&self) -> Observed {
        let there = |id| self.subscriptions.iter().find(|it| it.id == id).cloned();
        let of = |customer| self.subscriptions.iter().filter(|it| it.customer == customer).cloned().collect();
        let known = self.wanted.iter().filter_map(|it| it.subscription.or(it.create.previous_subscription));
        let looked_at = self.wanted.iter().filter(|it| match it.subscription.and_then(there) {
            None => it.subscription.is_none(),
            Some(seen) => seen.customer != it.customer,
        });
        // Customers are read by themselves where the subscription is gone, and once a week.
        let gone = |it: &&DesiredAssociation| it.subscription.is_some_and(|id| there(id).is_none());
        let read = self.wanted.iter().filter(|it| gone(it) || self.customers_due);
        let state = |id: HaloCustomerId| match self.customers.get(&id.0) {
            None => CustomerState::Missing,
            Some(true) => CustomerState::Inactive,
            Some(false) => CustomerState::Active,
        };
        let known: BTreeSet<_> = known.collect();
        let other = |it: &&ObservedSubscription| self.listed && !known.contains(&it.id);
        let others = self.subscriptions.iter().filter(other).cloned().collect();
        let customer = |id: HaloCustomerId| match self.customers.get(&id.0) {
            None => ObservedCustomer::Deleted,
            Some(&inactive) => ObservedCustomer::Found {
                name: format!("Customer {id}"),
                top_level: None,
                inactive,
                subscriptions: of(id),
            },
        };
        Observed {
            tenant: self.tenant.clone(),
            subscriptions: known.iter().map(|&id| (id, there(id).map_or(Lookup::Deleted, Lookup::Found))).collect(),
            customers: looked_at.map(|it| (it.customer, customer(it.customer))).collect(),
            customer_states: read.map(|it| (it.customer, state(it.customer))).collect(),
            others,
        }
    }

    fn plan(&self) -> Plan {
        diff(&self.desired(), &self.observed(), now())
    }

    /// Halo and our rows after the plan was executed without a fault.
    fn carry_out(&mut self, plan: &Plan) {
        for step in &plan.steps {
            let Some(place) = self.wanted.iter().position(|it| it.id == step.association) else { continue };
            match &step.action {
                Action::Create { name, marker, quantity } => {
                    let id = 10_000 + self.subscriptions.len() as i32;
                    let new = Subscription { id, customer: step.customer.0, quantity: *quantity, name, marker };
                    self.subscriptions.push(new.ours());
                    self.wanted[place].confirmed(id, *quantity);
                }
                Action::Readopt { subscription, quantity } | Action::NoChange { subscription, quantity } => {
                    self.set(*subscription, *quantity);
                    self.wanted[place].confirmed(subscription.0, *quantity);
                }
                Action::AwaitUsers => self.wanted[place].problem = None,
                Action::SetQuantity { subscription, to, .. } => {
                    self.set(*subscription, *to);
                    self.wanted[place].confirmed(subscription.0, *to);
                }
                Action::End { set_to_zero } => {
                    if let Some(subscription) = set_to_zero {
                        self.set(*subscription, 0);
                    }
                    self.wanted.remove(place);
                }
                Action::Defer(problem) | Action::Blocked(problem) => self.wanted[place].problem = Some(problem.clone()),
            }
        }
    }

    fn set(&mut self, id: HaloSubscriptionId, quantity: u32) {
        let found = self.subscriptions.iter_mut().find(|it| it.id == id).expect("only what is there is written");
        found.quantity = Some(quantity);
    }
}

trait Confirmed {
    fn confirmed(&mut self, subscription: i32, quantity: u32);
}

impl Confirmed for DesiredAssociation {
    fn confirmed(&mut self, subscription: i32, quantity: u32) {
        self.subscription = Some(HaloSubscriptionId(subscription));
        self.last_synced_quantity = Some(quantity);
        self.unconfirmed_write = None;
        self.problem = None;
        self.create = Create { sent_at: None, creation_approved: false, ..self.create.clone() };
    }
}

struct Subscription<'a> {
    id: i32,
    customer: i32,
    quantity: u32,
    name: &'a str,
    marker: &'a str,
}

impl Subscription<'_> {
    fn ours(&self) -> ObservedSubscription {
        ObservedSubscription {
            id: HaloSubscriptionId(self.id),
            customer: HaloCustomerId(self.customer),
            name: self.name.to_owned(),
            quantity: Some(self.quantity),
            active: true,
            marker: (!self.marker.is_empty()).then(|| self.marker.to_owned()),
            ours: true,
            customer_name: None,
        }
    }
}

/// A client that follows its active users on customer 41, without a subscription yet.
fn wanted(client: &str, active_users: u32) -> DesiredAssociation {
    DesiredAssociation {
        id: AssociationId::generate(),
        revision: 0,
        client: ClientId::generate(),
        client_name: client.into(),
        tenant: tenant(),
        customer: HaloCustomerId(41),
        customer_name: None,
        subscription: None,
        users: UserCounts { counted: active_users, ..UserCounts::default() },
        unverified: false,
        goal: Goal::SyncQuantity { active_users },
        create: Create {
            name: initial_name(None, client, None, false),
            marker: marker_of(client, 41),
            sent_at: None,
            timed_out: true,
            creation_approved: false,
            duplicate_possible: false,
            previous_subscription: None,
        },
        unconfirmed_write: None,
        last_synced_quantity: None,
        confirmed_fall: None,
        problem: None,
    }
}

/// The same with subscription 9001, synced before.
fn synced(client: &str, active_users: u32, last: u32) -> DesiredAssociation {
    DesiredAssociation {
        subscription: Some(HaloSubscriptionId(9001)),
        last_synced_quantity: Some(last),
        ..wanted(client, active_users)
    }
}

/// Halo's record 9001 of Alder on customer 41, as we made it.
fn record(quantity: u32) -> ObservedSubscription {
    let (name, marker) = (initial_name(None, "Alder", None, false), marker_of("Alder", 41));
    Subscription { id: 9001, customer: 41, quantity, name: &name, marker: &marker }.ours()
}

fn nameless(id: i32) -> ObservedSubscription {
    ObservedSubscription { id: HaloSubscriptionId(id), marker: None, ..record(3) }
}

fn doubtful(timed_out: bool) -> DesiredAssociation {
    let alder = wanted("Alder", 3);
    DesiredAssociation { create: Create { sent_at: Some(now()), timed_out, ..alder.create.clone() }, ..alder }
}

fn ending(ending: Ending, association: DesiredAssociation) -> DesiredAssociation {
    DesiredAssociation { goal: Goal::End(ending), ..association }
}

fn with_problem(kind: ProblemKind, association: DesiredAssociation) -> DesiredAssociation {
    DesiredAssociation { problem: Some(Problem::new(kind, now())), ..association }
}

/// A quantity was sent when Halo showed 3, and its outcome was not recorded. Halo may still be
/// carrying it out.
fn interrupted(to: u32, association: DesiredAssociation) -> DesiredAssociation {
    let unconfirmed_write = UnconfirmedWrite { sent: Sent { from: Some(3), to }, timed_out: false };
    DesiredAssociation { unconfirmed_write: Some(unconfirmed_write), ..association }
}

/// The same, long ago.
fn interrupted_long_ago(to: u32, association: DesiredAssociation) -> DesiredAssociation {
    let association = interrupted(to, association);
    DesiredAssociation {
        unconfirmed_write: association.unconfirmed_write.map(|it| UnconfirmedWrite { timed_out: true, ..it }),
        ..association
    }
}

/// A scenario: the desired state, and what Halo holds.
fn scene(wanted: impl Into<Vec<DesiredAssociation>>, halo: impl Into<Vec<ObservedSubscription>>) -> Scene {
    Scene { wanted: wanted.into(), subscriptions: halo.into(), ..Scene::new() }
}

fn scenarios() -> Vec<(&'static str, Scene)> {
    use Ending::{KeepQuantity, SetToZero};
    use ProblemCode::{DuplicateSubscription, FieldsOverwritten, SubscriptionDeleted, SubscriptionExists};
    let id = HaloSubscriptionId;
    let inactive = |it| ObservedSubscription { active: false, ..it };
    let numbered = |number, it| ObservedSubscription { id: id(number), ..it };
    let moved = || ObservedSubscription { customer: HaloCustomerId(42), ..record(3) };
    let elsewhere = |it: DesiredAssociation| DesiredAssociation { customer: HaloCustomerId(42), ..it };
    let second = |name: &str, users| DesiredAssociation {
        create: Create { name: initial_name(None, name, None, true), ..wanted(name, users).create },
        ..wanted(name, users)
    };
    let approved = |it: DesiredAssociation| DesiredAssociation {
        create: Create { creation_approved: true, ..it.create.clone() },
        ..with_problem(example(SubscriptionExists), it)
    };
    let guarded = |scene: Scene| Scene { fall_limit: FallLimit::new(20), ..scene };
    let confirmed = |to, it: DesiredAssociation| DesiredAssociation { confirmed_fall: Some(to), ..it };
    let without_customer = |scene: Scene| Scene { customers: BTreeMap::from([(42, false)]), ..scene };
    let inactive_customer = |scene: Scene| Scene { customers: BTreeMap::from([(41, true)]), ..scene };
    vec![
        ("a new mapping", scene([wanted("Alder", 3)], [])),
        ("a new mapping of a client without users", scene([wanted("Alder", 0)], [])),
        ("more users than Halo shows", scene([synced("Alder", 5, 3)], [record(3)])),
        ("a client that needs a user first", Scene { needs_users: true, ..scene([wanted("Alder", 0)], []) }),
        ("a client that has a user now", Scene { needs_users: true, ..scene([wanted("Alder", 1)], []) }),
        (
            "a client that needs a user and has a record",
            Scene { needs_users: true, ..scene([wanted("Alder", 0)], [record(3)]) },
        ),
        (
            "a client that has lost its users",
            Scene { needs_users: true, ..scene([synced("Alder", 0, 3)], [record(3)]) },
        ),
        ("a fall beyond the limit", guarded(scene([synced("Alder", 2, 3)], [record(3)]))),
        ("a fall within the limit", guarded(scene([synced("Alder", 8, 10)], [record(10)]))),
        ("a fall beyond the limit of a record that was lost", guarded(scene([wanted("Alder", 1)], [record(3)]))),
        ("a confirmed fall", guarded(scene([confirmed(2, synced("Alder", 2, 3))], [record(3)]))),
        (
            "a count that has fallen further than confirmed",
            guarded(scene([confirmed(2, synced("Alder", 1, 3))], [record(3)])),
        ),
        ("an end beyond the limit", guarded(scene([ending(SetToZero, synced("Alder", 3, 3))], [record(3)]))),
        ("the same number of users", scene([synced("Alder", 3, 3)], [record(3)])),
        ("the last user left", scene([synced("Alder", 0, 3)], [record(3)])),
        ("more than half of the users left", scene([synced("Alder", 4, 10)], [record(10)])),
        ("half of the users left", scene([synced("Alder", 5, 10)], [record(10)])),
        ("the quantity was changed in Halo", scene([synced("Alder", 3, 3)], [record(30)])),
        ("it was changed in Halo to what it should be", scene([synced("Alder", 5, 3)], [record(5)])),
        ("an interrupted write arrived", scene([interrupted(5, synced("Alder", 5, 3))], [record(5)])),
        ("an interrupted write arrived, and users left since", {
            scene([interrupted(5, synced("Alder", 4, 3))], [record(5)])
        }),
        ("an interrupted write did not arrive", scene([interrupted(5, synced("Alder", 5, 3))], [record(3)])),
        ("an interrupted write did not arrive, and users left since", {
            scene([interrupted(5, synced("Alder", 4, 3))], [record(3)])
        }),
        ("an interrupted write did not arrive, and the users are as before", {
            scene([interrupted(5, synced("Alder", 3, 3))], [record(3)])
        }),
        ("an interrupted write did not arrive long ago, and users left since", {
            scene([interrupted_long_ago(5, synced("Alder", 4, 3))], [record(3)])
        }),
        (
            "Halo shows no whole number",
            scene([synced("Alder", 3, 3)], [ObservedSubscription { quantity: None, ..record(3) }]),
        ),
        (
            "the partner renamed it and lost the marker",
            scene(
                [synced("Alder", 4, 3)],
                [ObservedSubscription { name: "Training".into(), marker: None, ours: false, ..record(3) }],
            ),
        ),
        ("moved to another customer", scene([synced("Alder", 4, 3)], [moved()])),
        ("the customer was merged into another", without_customer(scene([synced("Alder", 4, 3)], [moved()]))),
        ("deleted in Halo", scene([synced("Alder", 4, 3)], [])),
        (
            "deleted in Halo, and the last write made another record",
            scene([with_problem(example(DuplicateSubscription), synced("Alder", 4, 3))], []),
        ),
        ("neither the subscription nor its customer is shown", without_customer(scene([synced("Alder", 4, 3)], []))),
        ("the customer became inactive, and its subscription stays", {
            Scene { customers_due: true, ..inactive_customer(scene([synced("Alder", 4, 3)], [record(3)])) }
        }),
        ("the customer was deleted, and its subscription stays", {
            Scene { customers_due: true, ..without_customer(scene([synced("Alder", 3, 3)], [record(3)])) }
        }),
        ("inactive in Halo", scene([synced("Alder", 4, 3)], [inactive(record(3))])),
        ("inactive in Halo and right", scene([synced("Alder", 3, 3)], [inactive(record(3))])),
        ("another tenant answers", Scene { tenant: HaloTenant("other".into()), ..scene([synced("Alder", 4, 3)], []) }),
        (
            "another tenant answers at the end of a mapping",
            Scene {
                tenant: HaloTenant("other".into()),
                ..scene([ending(SetToZero, synced("Alder", 4, 3))], [record(3)])
            },
        ),
        ("mapped again: the old subscription has our marker", scene([wanted("Alder", 3)], [record(3)])),
        ("mapped again with other users", scene([wanted("Alder", 8)], [record(3)])),
        ("mapped again: the old subscription is inactive", scene([wanted("Alder", 3)], [inactive(record(3))])),
        ("mapped again: the old subscription was moved and lost its marker", {
            let lost = ObservedSubscription { marker: None, ..moved() };
            let alder = wanted("Alder", 4);
            let create = Create { previous_subscription: Some(id(9001)), ..alder.create.clone() };
            scene([DesiredAssociation { create, ..alder }], [lost])
        }),
        ("two have our marker", scene([wanted("Alder", 3)], [record(3), numbered(9002, record(3))])),
        (
            "two have our marker, and one was deactivated",
            scene([wanted("Alder", 3)], [inactive(record(3)), numbered(9002, record(3))]),
        ),
        ("a marked one belongs to another client", {
            Scene { owned: BTreeSet::from([id(9001)]), ..scene([wanted("Alder", 3)], [record(3)]) }
        }),
        ("a create in doubt, found by its marker", scene([doubtful(false)], [record(3)])),
        ("a create in doubt, found by name because the marker was lost", scene([doubtful(false)], [nameless(9001)])),
        ("a new one was wanted beside one of that name, and its create is in doubt", {
            let alder = doubtful(false);
            let create = Create { creation_approved: true, ..alder.create.clone() };
            scene([DesiredAssociation { create, ..alder }], [nameless(9001)])
        }),
        ("a create in doubt, two of that name", scene([doubtful(true)], [nameless(9001), nameless(9002)])),
        ("a create in doubt, not found yet", scene([doubtful(false)], [])),
        ("a create in doubt, not found after the confirmation timeout", scene([doubtful(true)], [])),
        ("the name alone, without a doubt", scene([wanted("Alder", 3)], [nameless(9001)])),
        (
            "another client's marker on the same customer",
            scene([wanted("Alder", 3)], [ObservedSubscription { marker: Some("infima-0".into()), ..nameless(9005) }]),
        ),
        ("one without an owner, and a new one is wanted", scene([approved(wanted("Alder", 3))], [nameless(9005)])),
        (
            "an inactive one without an owner",
            scene([wanted("Alder", 3)], [ObservedSubscription { active: false, ..nameless(9005) }]),
        ),
        (
            "two have our marker, and a new one is wanted",
            scene([approved(wanted("Alder", 3))], [record(3), numbered(9002, record(3))]),
        ),
        (
            "other vendors' subscriptions are ignored",
            scene([wanted("Alder", 3)], [ObservedSubscription { ours: false, ..nameless(9005) }]),
        ),
        ("the customer is gone before the create", without_customer(scene([wanted("Alder", 3)], []))),
        ("the customer became inactive before the create", inactive_customer(scene([wanted("Alder", 3)], []))),
        ("the customer became inactive, a create in doubt", inactive_customer(scene([doubtful(true)], []))),
        ("the customer became inactive, the create was done", inactive_customer(scene([doubtful(true)], [record(3)]))),
        (
            "a 0 was refused, and it is still 0",
            scene([with_problem(refused_quantity(0), synced("Alder", 0, 3))], [record(3)]),
        ),
        (
            "a 0 was refused, and there are users again",
            scene([with_problem(refused_quantity(0), synced("Alder", 2, 3))], [record(3)]),
        ),
        (
            "a 0 was refused, and was set in Halo",
            scene([with_problem(refused_quantity(0), synced("Alder", 0, 3))], [record(0)]),
        ),
        ("a 7 was refused", scene([with_problem(refused_quantity(7), synced("Alder", 7, 3))], [record(3)])),
        (
            "fields were overwritten, not acknowledged yet",
            scene([with_problem(example(FieldsOverwritten), synced("Alder", 4, 3))], [record(3)]),
        ),
        ("removed, the quantity stays", scene([ending(KeepQuantity, synced("Alder", 3, 3))], [record(3)])),
        ("removed, set to zero", scene([ending(SetToZero, synced("Alder", 3, 3))], [record(3)])),
        ("removed, zero already", scene([ending(SetToZero, synced("Alder", 3, 3))], [record(0)])),
        ("removed, an interrupted write may still arrive", {
            scene([ending(SetToZero, interrupted(5, synced("Alder", 3, 3)))], [record(3)])
        }),
        ("removed, gone from Halo", scene([ending(SetToZero, synced("Alder", 3, 3))], [])),
        ("removed, gone from Halo at a second look", {
            scene([with_problem(example(SubscriptionDeleted), ending(SetToZero, synced("Alder", 3, 3)))], [])
        }),
        ("removed, neither the subscription nor its customer is shown", {
            without_customer(scene([ending(SetToZero, synced("Alder", 3, 3))], []))
        }),
        ("removed, the quantity stays, gone from Halo", scene([ending(KeepQuantity, synced("Alder", 3, 3))], [])),
        ("removed, the customer is gone, a create in doubt", {
            without_customer(scene([ending(SetToZero, doubtful(false))], []))
        }),
        ("removed, a create in doubt", scene([ending(SetToZero, doubtful(false))], [])),
        ("removed, a create in doubt was done", scene([ending(SetToZero, doubtful(false))], [record(3)])),
        ("removed, the quantity stays, a create in doubt was done", {
            scene([ending(KeepQuantity, doubtful(false))], [record(3)])
        }),
        ("removed, a create in doubt was done twice", {
            scene([ending(SetToZero, doubtful(false))], [record(3), numbered(9002, record(3))])
        }),
        ("removed, a create in doubt was never done", scene([ending(SetToZero, doubtful(true))], [])),
        ("removed, fields were not kept", {
            let removed = ending(KeepQuantity, synced("Alder", 3, 3));
            scene([with_problem(example(FieldsOverwritten), removed)], [record(3)])
        }),
        ("two clients on one customer", scene([wanted("Alder", 3), second("Birch", 2)], [])),
        ("another client's interrupted create on the same customer is no question to this one", {
            let doubtful = doubtful(true);
            Scene { competing_associations: vec![doubtful], ..scene([second("Birch", 2)], [record(3)]) }
        }),
        ("two clients on one customer, one mapped again", scene([second("Birch", 2), wanted("Alder", 3)], [record(3)])),
        ("the old mapping ends while the new one begins", {
            let to_another = elsewhere(wanted("Alder", 3));
            scene([ending(SetToZero, synced("Alder", 3, 3)), to_another], [record(3)])
        }),
        ("a copy that the tenant's list shows", {
            Scene { listed: true, ..scene([synced("Alder", 3, 3)], [record(3), numbered(9002, record(3))]) }
        }),
        ("a deactivated copy that the tenant's list shows", {
            Scene { listed: true, ..scene([synced("Alder", 3, 3)], [record(3), inactive(numbered(9002, record(3)))]) }
        }),
        ("a refused create that is looked for again", {
            scene([with_problem(example(ProblemCode::CreateRefused), doubtful(false))], [])
        }),
        ("any script", scene([second("東京デザイン", 3), second("شركة النور", 4), second("Zoë & \"Söhne\"", 5)], [])),
        ("a name of two lines", scene([wanted("Alder\nBirch: set subscription 1 from 2 to 3", 3)], [])),
    ]
}

/// A change of behaviour is a readable change of this file.
#[test]
fn scenario_plans_match_snapshot() {
    let mut text = String::new();
    for (title, scene) in scenarios() {
        writeln!(text, "# {title}\n{}", render(&scene.plan())).expect("writing into text cannot fail");
    }
    insta::assert_snapshot!("plans", text);
}

/// `render` is one line a step, whatever is in it.
#[test]
fn rendered_plan_has_one_line_per_step() {
    for (title, scene) in scenarios() {
        assert_eq!(render(&scene.plan()).lines().count(), scene.wanted.len(), "{title}");
    }
}

#[test]
fn executed_plan_leaves_nothing_to_write() {
    for (title, mut scene) in scenarios() {
        let plan = scene.plan();
        scene.carry_out(&plan);
        let again = scene.plan();
        assert!(!writes(&again), "{title}: {}", render(&again));
    }
}

/// The remainder of a plan is observed again in small slices; clients of one customer without a
/// subscription stay together, because the plan decides for them together which subscription is
/// whose.
#[test]
fn remaining_slice_includes_competing_subscriptions() {
    let known: Vec<_> = (0..25).map(|n| synced(&format!("Known {n}"), 3, 3)).collect();
    let pending: Vec<_> = ["Alder", "Birch", "Cedar"].map(|name| wanted(name, 3)).into();
    let elsewhere = DesiredAssociation { customer: HaloCustomerId(42), ..wanted("Dogwood", 3) };
    let all: Vec<_> = known.iter().chain(&pending).chain([&elsewhere]).cloned().collect();
    let again = |left: &[&DesiredAssociation], written: &[&DesiredAssociation]| -> Vec<Vec<String>> {
        let ids = |of: &[&DesiredAssociation]| of.iter().map(|it| it.id).collect();
        let slice = Scene { wanted: all.clone(), ..Scene::new() }.desired();
        let names = |part: Desired| part.associations.into_iter().map(|it| it.client_name).collect();
        slice.remaining(&ids(left), &ids(written)).into_iter().map(names).collect()
    };
    assert_eq!(again(&[&pending[1]], &[&pending[0]]), [["Birch", "Cedar"]]);
    assert_eq!(again(&[&known[3], &elsewhere], &[]), [["Known 3"], ["Dogwood"]]);
    let sizes: Vec<_> = again(&known.iter().collect::<Vec<_>>(), &[]).iter().map(Vec::len).collect();
    assert_eq!(sizes, [10, 10, 5]);
    assert_eq!(again(&[], &[&pending[0]]), [[""; 0]; 0]);
}

/// The problem keeps the time at which it first occurred, so that a partner reads since when.
#[test]
fn continuing_problem_keeps_its_start_time() {
    let began = now() - chrono::Duration::days(3);
    let problem = Problem::new(ProblemKind::SubscriptionDeleted, began);
    let scene = scene([DesiredAssociation { problem: Some(problem.clone()), ..synced("Alder", 3, 3) }], []);
    assert_eq!(scene.plan().steps[0].action, Action::Blocked(problem));
}

prop_compose! {
    fn any_association()(
        client in 0..4_usize,
        customer in 41..44_i32,
        users in 0..6_u32,
        known in proptest::option::weighted(0.5, 9001..9006_i32),
        last in proptest::option::of(0..6_u32),
        end in proptest::option::weighted(0.3, prop_oneof![Just(Ending::KeepQuantity), Just(Ending::SetToZero)]),
        doubt in proptest::option::weighted(0.3, any::<bool>()),
        creation_approved in proptest::bool::weighted(0.2),
        problem in proptest::option::weighted(0.2, proptest::sample::select(ProblemCode::VARIANTS)),
        foreign in proptest::bool::weighted(0.05),
        unconfirmed_write in proptest::option::weighted(0.2, (0..6_u32, any::<bool>())),
        previous_subscription in proptest::option::weighted(0.2, 9001..9006_i32),
        confirmed_fall in proptest::option::weighted(0.3, 0..6_u32),
    ) -> DesiredAssociation {
        let name = ["Alder", "Birch", "Cedar", "Dogwood"][client];
        let base = wanted(name, users);
        DesiredAssociation {
            customer: HaloCustomerId(customer),
            tenant: if foreign { HaloTenant("other".into()) } else { tenant() },
            subscription: known.map(HaloSubscriptionId),
            goal: end.map_or(base.goal, Goal::End),
            create: Create {
                marker: marker_of(name, customer),
                sent_at: doubt.filter(|_| known.is_none()).map(|_| now()),
                timed_out: doubt.unwrap_or(true),
                creation_approved,
                previous_subscription: previous_subscription.filter(|_| known.is_none()).map(HaloSubscriptionId),
                ..base.create
            },
            unconfirmed_write: unconfirmed_write
                .filter(|_| known.is_some())
                .map(|(to, timed_out)| UnconfirmedWrite { sent: Sent { from: Some(3), to }, timed_out }),
            last_synced_quantity: last,
            confirmed_fall,
            problem: problem.map(|code| Problem::new(example(code), now())),
            ..base
        }
    }
}

prop_compose! {
    fn any_record()(
        customer in 41..44_i32,
        quantity in proptest::option::weighted(0.9, 0..6_u32),
        active in proptest::bool::weighted(0.8),
        ours in proptest::bool::weighted(0.8),
        marker in proptest::option::weighted(0.6, (0..4_usize, 41..44_i32)),
    ) -> ObservedSubscription {
        let marker = marker.map(|(client, customer)| {
            marker_of(["Alder", "Birch", "Cedar", "Dogwood"][client], customer)
        });
        ObservedSubscription { customer: HaloCustomerId(customer), quantity, active, ours, marker, ..record(0) }
    }
}

prop_compose! {
    /// Any tenant and any associations, within what the database guarantees: no two associations
    /// own one subscription, and a client has one that is not ending.
    fn any_scene()(
        mut wanted in proptest::collection::vec(any_association(), 0..5),
        records in proptest::collection::vec(any_record(), 0..6),
        owned in proptest::collection::btree_set((9001..9006_i32).prop_map(HaloSubscriptionId), 0..2),
        customers in proptest::collection::btree_map(41..44_i32, proptest::bool::weighted(0.2), 1..4),
        needs_users in any::<bool>(),
        fall_limit in proptest::option::of(1..100_i64),
    ) -> Scene {
        let (mut taken, mut pairs, mut current) = (owned.clone(), BTreeSet::new(), BTreeSet::new());
        wanted.retain(|it| {
            pairs.insert((it.client_name.clone(), it.customer))
                && (matches!(it.goal, Goal::End(_)) || current.insert(it.client_name.clone()))
        });
        for association in &mut wanted {
            association.subscription = association.subscription.filter(|id| taken.insert(*id));
        }
        let numbered = |(place, it)| ObservedSubscription { id: HaloSubscriptionId(9001 + place as i32), ..it };
        let subscriptions = records.into_iter().enumerate().map(numbered).collect();
        let fall_limit = fall_limit.and_then(FallLimit::new);
        Scene { wanted, owned, customers, subscriptions, needs_users, fall_limit, ..Scene::new() }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_executed_plan_leaves_nothing_to_write(mut scene in any_scene()) {
        // What an ended association releases, another may find: that is a change, not a plan that
        // writes twice.
        let mut plan = scene.plan();
        while plan.steps.iter().any(|step| matches!(step.action, Action::End { .. })) {
            scene.carry_out(&plan);
            plan = scene.plan();
        }
        // What one client adopts leaves fewer candidates for another that had to wait, which may
        // then adopt as well. No client is written twice.
        let mut written = BTreeSet::new();
        for _ in 0..=scene.wanted.len() {
            let writing = plan.steps.iter().filter(|step| step.action.writes());
            for association in writing.map(|step| step.association).collect::<Vec<_>>() {
                prop_assert!(written.insert(association), "{association} is written twice, at last by:\n{}", render(&plan));
            }
            scene.carry_out(&plan);
            plan = scene.plan();
        }
        prop_assert!(!writes(&plan), "it has no end:\n{}", render(&plan));
    }

    #[test]
    fn plan_never_touches_another_clients_subscription(scene in any_scene()) {
        let before = scene.desired();
        let mut written = BTreeSet::new();
        for (step, association) in scene.plan().steps.iter().zip(&scene.wanted) {
            let subscription = match &step.action {
                Action::Readopt { subscription, .. } | Action::SetQuantity { subscription, .. } => *subscription,
                Action::End { set_to_zero: Some(subscription) } => *subscription,
                _ => continue,
            };
            prop_assert!(written.insert(subscription), "{subscription} is written for two clients");
            prop_assert!(association.subscription == Some(subscription) || !before.owned.contains(&subscription));
            prop_assert_eq!(&association.tenant, &scene.tenant);
        }
    }

    /// What Halo shows falls by more than the limit only where a user has confirmed it, or has
    /// ended the association.
    #[test]
    fn plan_lets_no_quantity_fall_beyond_the_limit(scene in any_scene()) {
        for (step, association) in scene.plan().steps.iter().zip(&scene.wanted) {
            let to = match step.action {
                Action::SetQuantity { to, .. } => to,
                Action::Readopt { quantity, .. } => quantity,
                _ => continue,
            };
            let shown = step.observed.as_ref().and_then(|record| record.quantity);
            let (Some(limit), Some(from)) = (scene.fall_limit, shown) else { continue };
            let least = f64::from(from) * (1.0 - f64::from(limit.percent()) / 100.0);
            let is_confirmed = association.confirmed_fall.is_some_and(|confirmed| confirmed <= to);
            prop_assert!(f64::from(to) >= least - 1e-9 || is_confirmed, "{from} falls to {to}");
        }
    }

    #[test]
    fn plan_creates_nothing_for_a_client_that_needs_a_user_first(scene in any_scene()) {
        for step in scene.plan().steps {
            if let Action::Create { quantity, .. } = step.action {
                prop_assert!(quantity > 0 || !scene.needs_users);
            }
        }
    }

    /// Where a subscription of ours exists that this client could mean, none is created unless a
    /// user said so.
    #[test]
    fn plan_never_creates_beside_a_candidate(scene in any_scene()) {
        let owned = scene.desired().owned;
        for (step, association) in scene.plan().steps.iter().zip(&scene.wanted) {
            let Action::Create { quantity, .. } = &step.action else { continue };
            prop_assert_eq!(association.goal, Goal::SyncQuantity { active_users: *quantity });
            prop_assert_eq!(association.subscription, None);
            prop_assert_eq!(scene.customers.get(&association.customer.0), Some(&false), "on an active customer");
            let doubt = association.create.sent_at.is_some() && !association.create.timed_out;
            prop_assert!(!doubt, "while an earlier create may still appear");
            let free = |it: &&ObservedSubscription| {
                it.customer == association.customer && it.active && it.ours && !owned.contains(&it.id)
            };
            // Another client of this plan may readopt one, or own it by the marker.
            let others = scene.wanted.iter().filter(|it| it.id != association.id);
            let markers: BTreeSet<_> = others.map(|it| it.create.marker.clone()).collect();
            let plan = scene.plan();
            let found = plan.steps.iter().zip(&scene.wanted).filter(|(it, by)| it.observed.is_some() && by.subscription.is_none());
            let taken = found.count();
            let unmarked = |it: &&ObservedSubscription| !it.marker.as_ref().is_some_and(|it| markers.contains(it));
            let could_be = scene.subscriptions.iter().filter(free).filter(unmarked).count();
            prop_assert!(association.create.creation_approved || could_be <= taken, "{could_be} stand there already");
        }
    }
}
