//! The statements that the database receives, as Postgres itself reports them to the client.

use std::sync::{Arc, Mutex};

use infima_halo::app::App;
use tracing::{Event, Subscriber, field::Visit, subscriber::DefaultGuard};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

use super::world::World;

#[derive(Clone, Default)]
pub struct Statements(Arc<Mutex<Vec<String>>>);

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        struct Message(String);
        impl Visit for Message {
            fn record_str(&mut self, field: &tracing::field::Field, value: &str) {
                if field.name() == "message" {
                    self.0 = value.to_owned();
                }
            }

            fn record_debug(&mut self, _: &tracing::field::Field, _: &dyn std::fmt::Debug) {}
        }
        if event.metadata().target() == "sqlx::postgres::notice" {
            let mut message = Message(String::new());
            event.record(&mut message);
            self.0.lock().unwrap().push(message.0);
        }
    }
}

impl Statements {
    /// An app over the world's database whose connections report their statements.
    pub async fn reported(world: &World) -> (App, Self) {
        sqlx::raw_sql(
            "do $$ begin
                execute format('alter database %I set log_statement = ''all''', current_database());
                execute format('alter database %I set client_min_messages = ''log''', current_database());
            end $$",
        )
        .execute(&world.owner)
        .await
        .expect("the owner may have statements reported");
        // Only new connections report.
        let app = App::build(&world.config, world.clock.clone(), 8).await.expect("the app starts");
        (app, Self::default())
    }

    /// Collects what is reported on this thread, until the guard is dropped.
    pub fn listen(&self) -> DefaultGuard {
        tracing::subscriber::set_default(tracing_subscriber::registry().with(self.clone()))
    }

    pub fn clear(&self) {
        self.0.lock().unwrap().clear();
    }

    /// What was sent since then: prepared statements as `execute …`, others as `statement: …`.
    pub fn sent(&self) -> Vec<String> {
        let reported = self.0.lock().unwrap();
        let is_statement = |said: &&String| said.starts_with("execute") || said.starts_with("statement");
        reported.iter().filter(is_statement).cloned().collect()
    }

    /// How many of them begin a transaction.
    pub fn begun(&self) -> usize {
        self.sent().iter().filter(|said| said.starts_with("statement: begin")).count()
    }

    /// How many of them end one.
    pub fn ended(&self) -> usize {
        let ends = ["statement: COMMIT", "statement: ROLLBACK"];
        self.sent().iter().filter(|said| ends.iter().any(|end| said.starts_with(end))).count()
    }
}
