//! Use cases of a partner's Halo connection: checking it, saving its details, disconnecting.

pub mod check;
pub mod disconnect;
pub mod save;
