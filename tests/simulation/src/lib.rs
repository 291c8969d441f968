//! Years of monitoring in seconds.
//!
//! A seed is one world: [`plan`] draws it, [`world`] runs it on tokio's paused clock with the real
//! product in it, [`truth`] takes down what really happened, and [`checks`] compares the two.
//!
//! - [`scene`]: what everything in one world shares.
//! - [`process`], [`cage`]: the product, which can be killed or stopped at any await.
//! - [`tap`], [`weather`], [`mod@write`]: its way to the database, and what goes wrong there.
//! - [`door`], [`client`]: the public road, and the services that use it.
//! - [`receiver`]: the channels.
//! - [`mutant`]: products that are broken on purpose, which must be caught.
//! - [`random`], [`trace`]: chance from the seed alone, and the proof that it is so.

pub mod cage;
pub mod checks;
pub mod client;
pub mod door;
pub mod mutant;
pub mod plan;
pub mod process;
pub mod random;
pub mod receiver;
pub mod scene;
pub mod tap;
pub mod trace;
pub mod truth;
pub mod weather;
pub mod world;
pub mod write;

pub use mutant::Mutant;
pub use trace::Verbosity;
pub use world::{Outcome, run};

/// What somebody needs to know of a seed that failed, and how to run it again.
pub fn report(outcome: &Outcome) -> Option<String> {
    let violation = outcome.violation.as_ref()?;
    let (seed, last) = (outcome.seed, outcome.last.join("\n"));
    Some(format!(
        "{last}\n\nseed {seed}: {violation}\n\
         again, with everything: cargo run -p simulation -- --seed {seed} --trace"
    ))
}
