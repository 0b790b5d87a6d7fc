//! What is said of each problem.

use chrono::{DateTime, Utc};
use infima_halo::domain::guide::{GuideStep, Permission};
use infima_halo::domain::problem::{
    Overwritten, Problem, ProblemCode, ProblemKind, QuantityRefusal, TenantEvidence, UnusableAnswer,
};
use infima_halo::domain::problem_record::SuggestedAct;
use infima_halo::ids::HaloSubscriptionId;
use strum::VariantArray;

/// One problem of the kind. The quantity is a refused 0, the riskiest one for the plan.
pub fn example(code: ProblemCode) -> ProblemKind {
    let ids = || [9001, 9002].map(HaloSubscriptionId).to_vec();
    match code {
        ProblemCode::NotAHaloAddress => {
            ProblemKind::NotAHaloAddress { tried: vec!["https://halo.example/token".into()] }
        }
        ProblemCode::AddressBlocked => ProblemKind::AddressBlocked,
        ProblemCode::TenantChanged => {
            ProblemKind::TenantChanged { evidence: Some(TenantEvidence { found: 1, total: 3 }) }
        }
        ProblemCode::HaloUnreachable => ProblemKind::HaloUnreachable { retried: true },
        ProblemCode::HaloUnavailable => {
            ProblemKind::HaloUnavailable { answer: UnusableAnswer::ServerError { status: 503 }, retried: true }
        }
        ProblemCode::RequestNotSent => ProblemKind::RequestNotSent { retried: true },
        ProblemCode::AnswerTooLarge => ProblemKind::AnswerTooLarge,
        ProblemCode::RequestRefused => ProblemKind::RequestRefused { reason: "no".into() },
        ProblemCode::RateLimited => ProblemKind::RateLimited { retried: true },
        ProblemCode::BudgetExhausted => ProblemKind::BudgetExhausted { retried: true },
        ProblemCode::AnswerNotUnderstood => ProblemKind::AnswerNotUnderstood,
        ProblemCode::CredentialsRejected => ProblemKind::CredentialsRejected { last_worked: None },
        ProblemCode::PermissionMissing => ProblemKind::PermissionMissing { permission: Permission::ReadCustomers },
        ProblemCode::LicensingOff => ProblemKind::LicensingOff,
        ProblemCode::CreateRefused => ProblemKind::CreateRefused { reason: "no".into() },
        ProblemCode::CreateUnconfirmed => ProblemKind::CreateUnconfirmed,
        ProblemCode::SubscriptionExists => ProblemKind::SubscriptionExists { ids: ids() },
        ProblemCode::DuplicateSubscription => ProblemKind::DuplicateSubscription { ids: ids() },
        ProblemCode::SubscriptionDeleted => ProblemKind::SubscriptionDeleted,
        ProblemCode::SubscriptionNotVisible => ProblemKind::SubscriptionNotVisible,
        ProblemCode::CustomersNotVisible => ProblemKind::CustomersNotVisible { hidden: 2, total: 3 },
        ProblemCode::SubscriptionInactive => ProblemKind::SubscriptionInactive { id: HaloSubscriptionId(9001) },
        ProblemCode::SubscriptionMoved => ProblemKind::SubscriptionMoved,
        ProblemCode::CustomerDeleted => ProblemKind::CustomerDeleted,
        ProblemCode::CustomerMerged => ProblemKind::CustomerMerged,
        ProblemCode::CustomerInactive => ProblemKind::CustomerInactive,
        ProblemCode::QuantityRefused => refused_quantity(0),
        ProblemCode::QuantityChangedInHalo => ProblemKind::QuantityChangedInHalo,
        ProblemCode::QuantityFell => ProblemKind::QuantityFell,
        ProblemCode::QuantityHeld => ProblemKind::QuantityHeld { from: 10, to: 3, limit: 20 },
        ProblemCode::FieldsOverwritten => {
            ProblemKind::FieldsOverwritten { what: Some(Overwritten::Fields(vec!["name".into()])) }
        }
        ProblemCode::FieldsChanged => ProblemKind::FieldsChanged { fields: vec!["name".into()] },
        ProblemCode::AmbiguousRecovery => ProblemKind::AmbiguousRecovery { ids: ids() },
        ProblemCode::InternalFault => ProblemKind::InternalFault,
    }
}

pub fn refused_quantity(quantity: u32) -> ProblemKind {
    ProblemKind::QuantityRefused { quantity, refusal: QuantityRefusal::Rejected { reason: "no".into() } }
}

/// What has a remedy has an act, and what INFIMA does by itself has neither.
#[test]
fn suggested_act_agrees_with_the_remedy() {
    for problem in all() {
        let act = problem.suggested_act();
        let by_itself = matches!(act, None | Some(SuggestedAct::Wait | SuggestedAct::CheckCount));
        assert_eq!(by_itself, problem.remedy().is_none(), "{problem:?}: {act:?}");
        let again = matches!(act, Some(SuggestedAct::Wait | SuggestedAct::Recheck));
        assert!(again || !problem.is_transient(), "{problem:?}: {act:?}");
    }
}

fn problem(kind: ProblemKind) -> Problem {
    Problem::new(kind, DateTime::UNIX_EPOCH)
}

fn all() -> impl Iterator<Item = Problem> {
    let not_kept = QuantityRefusal::NotKept { shown: "3".into() };
    let made = Overwritten::Record { made: HaloSubscriptionId(9002), beside: HaloSubscriptionId(9001) };
    let variants = [
        ProblemKind::CredentialsRejected { last_worked: Some(DateTime::<Utc>::UNIX_EPOCH) },
        ProblemKind::PermissionMissing { permission: Permission::AgentSoftwareLicencing },
        ProblemKind::QuantityRefused { quantity: 4, refusal: not_kept },
        ProblemKind::FieldsOverwritten { what: Some(made) },
        ProblemKind::FieldsOverwritten { what: None },
        ProblemKind::HaloUnavailable { answer: UnusableAnswer::NotApi, retried: true },
        ProblemKind::HaloUnavailable {
            answer: UnusableAnswer::NoTokens { tried: vec!["https://halo.example/token".into()] },
            retried: true,
        },
        ProblemKind::TenantChanged { evidence: None },
        ProblemKind::TenantChanged { evidence: Some(TenantEvidence { found: 0, total: 0 }) },
    ];
    ProblemCode::VARIANTS.iter().map(|&code| example(code)).chain(variants).map(problem)
}

#[test]
fn long_list_of_candidates_is_cut() {
    let named = |many: i32| ProblemKind::DuplicateSubscription { ids: (1..=many).map(HaloSubscriptionId).collect() };
    assert!(named(20).message().ends_with(" 19, 20)."), "{}", named(20).message());
    assert!(named(25).message().ends_with(" 19, 20 and 5 more)."), "{}", named(25).message());
}

#[test]
fn problem_text_is_whole_sentences() {
    for problem in all() {
        for text in [Some(problem.message().as_str()), problem.remedy()].into_iter().flatten() {
            assert!(text.starts_with(char::is_uppercase) && !text.contains("  "), "{text}");
            let ends_with_halos_words = matches!(
                problem.code(),
                ProblemCode::CreateRefused | ProblemCode::QuantityRefused | ProblemCode::RequestRefused
            );
            assert!(text.ends_with('.') || ends_with_halos_words, "{text}");
            assert!(!text.contains('_'), "{text}");
        }
    }
}

#[test]
fn problem_that_the_partner_can_resolve_has_a_remedy_and_a_guide_step() {
    use ProblemCode::*;
    for problem in all() {
        let (resolved_by_partner, in_the_guide) = match problem.code() {
            // The sync continues by itself, or nothing has to be done.
            HaloUnreachable | HaloUnavailable | RequestNotSent | RateLimited | BudgetExhausted | CreateUnconfirmed
            | QuantityFell | FieldsChanged | InternalFault => (false, false),
            // Worth knowing; the guide says that the quantity is kept up to date.
            QuantityChangedInHalo => (false, true),
            AnswerNotUnderstood | AnswerTooLarge | RequestRefused | QuantityHeld => (true, false),
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
            | SubscriptionNotVisible
            | CustomersNotVisible
            | SubscriptionInactive
            | SubscriptionMoved
            | CustomerDeleted
            | CustomerMerged
            | CustomerInactive
            | QuantityRefused
            | FieldsOverwritten
            | AmbiguousRecovery => (true, true),
        };
        let found = (problem.remedy().is_some(), problem.guide_step().is_some());
        assert_eq!(found, (resolved_by_partner, in_the_guide), "{:?}", problem.code());
    }
}

#[test]
fn only_a_question_about_subscriptions_offers_some() {
    use ProblemCode::*;
    let offering = all().filter(|problem| !problem.subscriptions().is_empty());
    assert_eq!(
        offering.map(|problem| problem.code()).collect::<Vec<_>>(),
        [SubscriptionExists, DuplicateSubscription, AmbiguousRecovery]
    );
}

#[test]
fn missing_access_level_is_the_agents_and_missing_scope_the_applications() {
    let step = |permission| problem(ProblemKind::PermissionMissing { permission }).guide_step();
    assert_eq!(step(Permission::ReadCustomers), Some(GuideStep::Application));
    assert_eq!(step(Permission::AgentCustomers), Some(GuideStep::ApiAgent));
}

#[test]
fn stored_problem_is_read_back_with_its_code_as_the_tag() {
    for problem in all() {
        let stored = serde_json::to_value(&problem).unwrap();
        assert_eq!(stored["code"], problem.code().as_str());
        assert_eq!(serde_json::from_value::<Problem>(stored).unwrap(), problem);
    }
}

#[test]
fn guide_step_has_a_heading_of_the_published_guide() {
    let headings: Vec<_> = GuideStep::VARIANTS.iter().map(|step| step.heading()).collect();
    assert_eq!(
        headings,
        [
            "Creating an API Agent",
            "Creating an Application",
            "Save Halo PSA Connection Details",
            "Map INFIMA Clients to Halo Clients",
            "Subscription Management",
            "Sync Process",
        ]
    );
}
