//! Drains against the real engine, in virtual time, with a receiver that does as told.

mod bench;
mod failures;
mod lanes;
mod leases;
mod outages;
mod running;
