//! The five real Lambda binaries, each under a Runtime API of its own, on one table behind the bridge.

mod by_hand;
mod cold_start;
mod counts;
mod events;
mod gap;
mod heartbeat;
mod layer;
mod mail;
mod pages;
mod privileges;
mod refusals;
mod routes;
mod secrets;
mod stage;
mod story;
mod twice;
mod watch;
mod watchdog;
