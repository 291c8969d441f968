//! What Flatline decides, and nothing else: no clock, no network, no database.
//!
//! Every function here is pure; time is an argument. The model, the simulation and the crash tests
//! run exactly this code.
//!
//! - [`reconcile()`] decides the status of one service.
//! - [`sight`] knows when we could not have heard a heartbeat.
//! - [`lane`] decides what one channel is told next about one service, [`bucket`] how many messages
//!   it is sent, and [`circuit`] when it is left alone.
//! - [`alert`] decides what becomes of an alert of another tool.
//! - [`uptime`] adds up intervals exactly.
//! - [`invariant`] says what must always hold.

pub mod alert;
pub mod bucket;
pub mod circuit;
pub mod incident;
pub mod invariant;
pub mod lane;
pub mod reconcile;
pub mod route;
pub mod service;
pub mod sight;
pub mod status;
pub mod time;
pub mod transition;
pub mod uptime;

pub use alert::{
    AlertArrival, AlertNews, AlertPhase, AlertRank, AlertReason, AlertRecord, AlertStep,
};
pub use bucket::{Allowance, Bucket, Level};
pub use circuit::{Circuit, Fault};
pub use incident::IncidentChange;
pub use lane::{QueuedNotice, Step, Told};
pub use reconcile::{Decision, KeepReason, reconcile};
pub use route::{ChannelRoute, EventFilter, ServiceRoute};
pub use service::{CLOCK_AHEAD_MS, Gap, Membership, ServiceRecord, ServiceSpec};
pub use sight::{Hole, Sight, SightLog};
pub use status::{Event, Status, reported_status};
pub use time::{Day, UnixMs};
pub use transition::{Reason, Transition};
pub use uptime::{DayTotals, Days, Uptime};
