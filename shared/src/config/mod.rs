//! `config/*.json` and the environment: typed, judged whole, with every problem at once.

pub mod env;
mod keys;
mod types;

pub use env::{Env, Secret};
pub use keys::ApiKeys;
pub use types::*;
