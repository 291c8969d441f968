//! The store against the real engine, in memory.

mod alert;
mod beat;
mod bench;
mod call;
mod commit;
mod conditions;
mod copy;
mod cost;
mod database;
mod deliveries;
mod lease;
mod log;
mod moves;
mod outbox;
mod races;
mod schema;
mod service;
mod sight;
mod tampering;
mod tick;
