//! The store against the real engine, in memory.

mod alert;
mod beat;
mod bench;
mod lease;
mod log;
mod outbox;
mod schema;
mod tampering;
