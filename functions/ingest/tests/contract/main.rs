//! The heartbeat endpoint over the real engine: what clients of the replaced system rely on, what
//! they must not get any more, and what a heartbeat stores.

mod canary;
mod changes;
mod defects;
mod limits;
mod patience;
mod recorded;
mod refusals;
mod roads;
mod world;
