//! What an installation survives, with the real programs: a stop, and faults of the database, of
//! Halo and of the processes themselves.

mod stop;
