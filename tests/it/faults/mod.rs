//! What an installation survives, with the real programs: a stop, and faults of the database, of
//! Halo and of the processes themselves. After each fault, no run is lost, and Halo has each
//! subscription once; the time until then is printed.
//!
//! | Fault | Test |
//! | --- | --- |
//! | a process is stopped | `stop` |
//! | Postgres stops at once and starts again | `database::postgres_stopped_…` |
//! | another server takes over | `database::failover_…` |
//! | connections are killed for a while | `database::connections_killed_…`, `jobs::leases` |
//! | the pools are exhausted | `database::exhausted_pools_…` |
//! | the database's disk is full | `database::full_disk_…`, `storage::outage` |
//! | a worker is killed at any step | `ops::sync::crash`, `ops::sync::soak`, `dev::kills` |
//! | a worker is frozen past its lease | `jobs::leases::stalled_worker_…` |
//! | two schedulers | `processes::two_schedulers_…`, `ops::sync::nightly` |
//! | a clock is wrong | `ops::sync::clocks` |
//! | Halo is down for hours | `processes::halo_down_…`, `ops::sync::failures` |
//! | LISTEN's connection is cut | `processes::cut_listener_…` |
//! | the database is away while subscriptions are open | `storage::outage` |
//! | the database is restored from a backup | `backup` |

mod backup;
mod database;
mod night;
mod processes;
mod stop;
mod versions;
