//! How often a run asks the database: the same however many clients the partner has, and a little
//! more for each client that is written.

use infima_halo::ops::sync::run::{RunOutcome, run_sync};
use tokio_util::sync::CancellationToken;

use crate::support::statements::Statements;
use crate::support::world::World;

/// What one run sent to the database.
#[derive(Debug)]
struct Sent {
    /// Without what begins and ends transactions, and without the permits for requests to Halo.
    statements: usize,
    transactions: usize,
    /// One for each request to Halo, in a transaction of its own.
    permits: usize,
}

/// Runs a sync of everything, with these numbers of clients and of those whose count has changed.
async fn run_of(clients: usize, changed: usize) -> Sent {
    let names: Vec<_> = (0..clients).map(|number| format!("Client {number:02}")).collect();
    let clients: Vec<_> = names.iter().map(|name| (name, 2)).collect();
    let world = World::builder().clients(&clients).unlimited_requests().synced().build().await;
    let (app, statements) = Statements::reported(&world).await;
    let work = async |run| {
        let outcome = run_sync(&app.ops, run, "test", &CancellationToken::new()).await.expect("the run is executed");
        assert!(matches!(outcome, RunOutcome::Finished(_)), "{outcome:?}");
    };
    // The first run signs in to Halo, and reads the customers.
    work(world.request_sync().await).await;
    for name in &names[..changed] {
        world.set_users(name, 3).await;
    }
    let run = world.request_sync().await;
    let _listening = statements.listen();
    work(run).await;
    let sent = statements.sent();
    let prepared: Vec<_> = sent.iter().filter(|said| said.starts_with("execute")).collect();
    let permits = prepared.iter().filter(|said| said.contains("take_halo_permit")).count();
    let shown: Vec<_> = sent.iter().map(|said| said.split_whitespace().take(9).collect::<Vec<_>>().join(" ")).collect();
    println!("{} clients, {changed} changed: {shown:#?}", names.len());
    Sent { statements: prepared.len() - permits, transactions: statements.begun(), permits }
}

#[tokio::test]
async fn run_statement_count_depends_on_written_clients_only() {
    let (few, many) = (run_of(4, 0).await, run_of(40, 0).await);
    assert!(few.statements > 5, "statements are heard: {few:?}");
    assert_eq!((few.statements, few.transactions), (many.statements, many.transactions));
    assert!(few.statements <= 12 && few.transactions <= 4, "{few:?}");
    let written = run_of(4, 3).await;
    let (statements, transactions) = (written.statements - few.statements, written.transactions - few.transactions);
    assert!(statements <= 3 * 4 && transactions <= 3 * 2, "{few:?}, {written:?}");
    assert!(written.permits > few.permits, "{few:?}, {written:?}");
}
