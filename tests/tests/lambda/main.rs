//! The five real Lambda binaries, each under a Runtime API of its own, on one table behind the bridge.

mod heartbeat;
mod stage;
mod story;
