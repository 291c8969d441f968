//! Drains against the real engine, in virtual time, with a receiver that does as told.

mod bench;
mod broken;
mod channels;
mod crashes;
mod emergencies;
mod failures;
mod fallbacks;
mod folding;
mod lanes;
mod leases;
mod mails;
mod moves;
mod outages;
mod recoveries;
mod running;
mod secrets;
