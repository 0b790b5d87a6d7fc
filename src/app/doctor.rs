//! What an operator would check by hand, one finding after the other. Nothing is changed.

use chrono::TimeDelta;

use super::{App, StartError, verifier};
use crate::clock::Clock;
use crate::config::{self, Config, Variables};
use crate::ops::admin::{self, figures, housekeeping};
use crate::storage::{migrations, status};

/// Postgres 15 brought views that check the permissions of the role that reads them.
const OLDEST_POSTGRES: i32 = 150_000;
/// The seconds by which clocks may differ unnoticed. From the tolerance of [`ClockSkew`] on, the
/// process starts nothing.
///
/// [`ClockSkew`]: crate::domain::clock_skew::ClockSkew
const CLOCK_WARNING_SECONDS: f64 = 2.0;
/// A run that is due is taken within seconds while a worker is free.
const QUEUE_WARNING_SECONDS: f64 = 60.0;
const QUEUE_FAILURE_SECONDS: f64 = 900.0;

/// Every job of housekeeping runs at least once an hour.
const HOUSEKEEPING_WARNING: TimeDelta = TimeDelta::hours(3);

/// Halo says only seconds, and an answer takes a while.
const HALO_CLOCK_WARNING: TimeDelta = TimeDelta::seconds(10);

/// How bad a finding is; the worst one is the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Severity {
    Ok,
    Warning,
    Failed,
}

#[derive(Clone, Debug)]
pub struct Finding {
    /// What was examined, in one or two words.
    pub subject: &'static str,
    pub severity: Severity,
    /// What is so, and what to do where it is not right.
    pub message: String,
}

impl Finding {
    fn new(subject: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        Self { subject, severity, message: message.into() }
    }
}

/// Examines the configuration, the database, the queue and sign-in, and the Halo of the partner
/// with this external id. What depends on something that failed is left out.
pub async fn examine(variables: &Variables, partner: Option<&str>) -> Vec<Finding> {
    let (config, api) = match config::read_serving(variables) {
        Ok(both) => both,
        Err(error) => {
            let lines = error.to_string();
            return lines.lines().map(|line| Finding::new("configuration", Severity::Failed, line)).collect();
        }
    };
    let mut findings = vec![Finding::new("configuration", Severity::Ok, "every variable is usable")];
    match App::build(&config, Clock::system(), 2).await {
        Ok(app) => {
            findings.extend(examine_database(&app, &config).await);
            findings.extend(examine_work(&app).await);
            findings.push(examine_housekeeping(&app).await);
            findings.push(match verifier(&api.auth, &app.clock) {
                Ok(verifier) => match verifier.reach_keys().await {
                    Ok(()) => Finding::new("sign-in keys", Severity::Ok, "the address answers with usable keys"),
                    Err(error) => {
                        let message = format!("{error}: does {} answer from here?", api.auth.jwks_url);
                        Finding::new("sign-in keys", Severity::Failed, message)
                    }
                },
                Err(error) => Finding::new("sign-in keys", Severity::Failed, error.to_string()),
            });
            if let Some(external_id) = partner {
                findings.push(examine_halo(&app, external_id).await);
            }
            app.close().await;
        }
        Err(error) => findings.push(Finding::new(subject_of(&error), Severity::Failed, error.to_string())),
    }
    findings
}

fn subject_of(error: &StartError) -> &'static str {
    match error {
        StartError::Keys(_) | StartError::DevelopmentKey | StartError::WrongKeys(_) => "keyring",
        StartError::RlsNotEnforced => "row-level security",
        StartError::NotMigrated | StartError::Outdated(_) | StartError::Newer(_) => "migrations",
        StartError::DatabaseAddress(_)
        | StartError::NoDatabase { .. }
        | StartError::NotTheOwner(_)
        | StartError::StatementsLost
        | StartError::MigrateThroughPooler(_)
        | StartError::Database(_) => "database",
        StartError::NotificationsLost(_) => "notifications",
        StartError::QueueTables(_) => "queue",
        StartError::DevelopmentAddresses(_) | StartError::Http(_) | StartError::Contract(_) => "configuration",
        #[cfg(feature = "dev")]
        StartError::Failpoints(_) => "configuration",
    }
}

async fn examine_database(app: &App, config: &Config) -> Vec<Finding> {
    let server = match status::read(&app.ops.db).await {
        Ok(server) => server,
        Err(error) => return vec![Finding::new("database", Severity::Failed, error.to_string())],
    };
    let mut findings =
        vec![match (server.version_number >= OLDEST_POSTGRES, server.is_in_recovery || server.is_read_only) {
            (false, _) => {
                let message = format!("Postgres {} is too old: version 15 or newer is needed", server.version);
                Finding::new("database", Severity::Failed, message)
            }
            (true, true) => {
                let message =
                    format!("Postgres {} accepts no writes: is it the standby of another server?", server.version);
                Finding::new("database", Severity::Failed, message)
            }
            (true, false) => Finding::new("database", Severity::Ok, format!("Postgres {}", server.version)),
        }];
    let schema = async { migrations::schema_state(&mut *app.ops.db.acquire().await?).await };
    findings.push(match schema.await {
        Ok(schema) if schema.unknown.is_empty() => {
            Finding::new("migrations", Severity::Ok, format!("all {} are applied", schema.migrations.len()))
        }
        Ok(schema) => {
            let message = format!("{} of a newer release are applied: update this one", schema.unknown.len());
            Finding::new("migrations", Severity::Warning, message)
        }
        Err(error) => Finding::new("migrations", Severity::Failed, error.to_string()),
    });
    // A process that starts checks these two as well, and ends if they are wrong.
    findings.push(Finding::new("row-level security", Severity::Ok, "is in force for this role"));
    findings.push(Finding::new("keyring", Severity::Ok, "opens what this database holds"));
    findings.push(match admin::status::compare_clocks(&app.ops).await {
        Ok((_, skew)) => {
            let apart = skew.by().as_seconds_f64().abs();
            let text = format!("{apart:.1} seconds apart from Postgres' clock");
            match apart {
                _ if skew.is_too_large() => {
                    Finding::new("clock", Severity::Failed, format!("{text}: synchronise both with NTP"))
                }
                apart if apart >= CLOCK_WARNING_SECONDS => {
                    Finding::new("clock", Severity::Warning, format!("{text}: synchronise both with NTP"))
                }
                _ => Finding::new("clock", Severity::Ok, text),
            }
        }
        Err(error) => Finding::new("clock", Severity::Failed, error.to_string()),
    });
    findings.push(match app.check_pooler(config).await {
        Ok(()) => Finding::new("notifications", Severity::Ok, "arrive"),
        Err(error) => Finding::new(subject_of(&error), Severity::Failed, error.to_string()),
    });
    findings
}

async fn examine_work(app: &App) -> Vec<Finding> {
    let figures = match figures::read_figures(&app.ops).await {
        Ok(figures) => figures,
        Err(error) => return vec![Finding::new("queue", Severity::Failed, error.to_string())],
    };
    let runs = &figures.runs;
    let queue = format!("{} runs wait, {} are running", runs.queued, runs.running);
    let overdue =
        format!("{queue}; the oldest has been due for {:.0} seconds: is a worker running?", runs.oldest_due_seconds);
    let mut findings = vec![match runs.oldest_due_seconds {
        seconds if seconds >= QUEUE_FAILURE_SECONDS => Finding::new("queue", Severity::Failed, overdue),
        seconds if seconds >= QUEUE_WARNING_SECONDS => Finding::new("queue", Severity::Warning, overdue),
        _ => Finding::new("queue", Severity::Ok, queue),
    }];
    findings.push(match runs.partners_with_failed_night {
        0 => Finding::new("nightly syncs", Severity::Ok, "each partner's latest one succeeded"),
        partners => {
            let message =
                format!("the latest one of {partners} partners failed or succeeded in part: see the playground");
            Finding::new("nightly syncs", Severity::Warning, message)
        }
    });
    findings.push(match figures.problems.iter().map(|(_, count)| count).sum::<i64>() {
        0 => Finding::new("problems", Severity::Ok, "none are open"),
        _ => {
            let by_code: Vec<_> = figures.problems.iter().map(|(code, count)| format!("{code}: {count}")).collect();
            Finding::new("problems", Severity::Warning, format!("open by code: {}", by_code.join(", ")))
        }
    });
    findings
}

/// Whether housekeeping runs: it does wherever a worker does.
async fn examine_housekeeping(app: &App) -> Finding {
    let (runs, now) = match housekeeping::latest_runs(&app.ops).await {
        Ok(latest) => latest,
        Err(error) => return Finding::new("housekeeping", Severity::Failed, error.to_string()),
    };
    let Some(oldest) = runs.iter().map(|run| run.ran_at).min() else {
        return Finding::new("housekeeping", Severity::Ok, "has not run yet: a worker does it");
    };
    let each: Vec<_> = runs.iter().map(|run| format!("{} {}", run.job, run.removed)).collect();
    let text = format!("removed by the latest runs: {}", each.join(", "));
    match now - oldest {
        silent if silent >= HOUSEKEEPING_WARNING => {
            let message = format!("{text}; one has not run for {} hours: is a worker running?", silent.num_hours());
            Finding::new("housekeeping", Severity::Warning, message)
        }
        _ => Finding::new("housekeeping", Severity::Ok, text),
    }
}

async fn examine_halo(app: &App, external_id: &str) -> Finding {
    match admin::reach_halo(&app.ops, external_id).await {
        Ok((tenant, Some(ahead))) if ahead.abs() > HALO_CLOCK_WARNING => {
            let (by, side) = (ahead.num_seconds().abs(), if ahead > TimeDelta::zero() { "ahead of" } else { "behind" });
            let message = format!("{tenant} answers, and its clock is {by} seconds {side} this machine's");
            Finding::new("Halo", Severity::Warning, message)
        }
        Ok((tenant, _)) => Finding::new("Halo", Severity::Ok, format!("{tenant} answers")),
        Err(message) => Finding::new("Halo", Severity::Failed, message),
    }
}
