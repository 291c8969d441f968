//! The store against the real engine, in memory.

mod alert;
mod beat;
mod bench;
mod commit;
mod lease;
mod log;
mod moves;
mod outbox;
mod schema;
mod tampering;
