//! Delivers the outbox: at least once, in order, never forgotten.
//!
//! Rows wait in the store until they end as delivered, dead, folded or cancelled; everything here
//! can be done twice or die half-way without losing one.
//!
//! - [`drain()`] and [`run()`] attend all channels side by side, once or for ever.
//! - [`desk`]: one channel: visits, and the wait between them.
//! - `round`: one pass over what waits, under the channel's lease; `queue`: what waits, by lane;
//!   `sending`: one message of it.
//! - `fallback`: copies of what a channel can never be told, or not in time.
//! - [`attempt`]: one message: send, and what its answer means.
//! - `unreadable`: rows that cannot be read, and who is told of them.
//! - `ending`: rows that end without being sent, and the log of how all end.
//! - [`bell`]: how a desk learns that there is something to do.

pub mod attempt;
pub mod bell;
pub mod desk;
pub mod drain;
mod ending;
mod fallback;
mod queue;
mod round;
mod sending;
mod unreadable;

pub use drain::{Drained, drain, run};

#[cfg(test)]
mod tests;
