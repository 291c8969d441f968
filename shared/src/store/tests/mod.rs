//! The store against the real engine, in memory.

mod bench;
mod schema;
