//! The decisions, row by row, and what must hold whatever happens.

mod bucket;
mod events;
mod histories;
mod lanes;
mod reconcile;
mod settled;
mod sight;
mod uptime;
mod world;

use flatline_domain::{
    Membership, ServiceRecord, ServiceRoute, ServiceSpec, Sight, Status, UnixMs,
};

/// A window of 10 s, the first heartbeat within a minute.
fn spec() -> ServiceSpec {
    ServiceSpec {
        id: "db".into(),
        name: "Database".into(),
        membership: Membership::Active,
        window_ms: 10_000,
        first_window_ms: Some(60_000),
        route: ServiceRoute::default(),
    }
}

/// An instant, in seconds after the service was configured.
fn at(seconds: f64) -> UnixMs {
    UnixMs(1_800_000_000_000 + (seconds * 1_000.0) as i64)
}

/// Configured at 0 and never heard.
fn never_heard() -> ServiceRecord {
    ServiceRecord::new(&spec(), at(0.0))
}

/// In `status` since 5 s, heard at 100 s stating the same.
fn heard(status: Status) -> ServiceRecord {
    let mut record = never_heard().after_beat(at(100.0), status, 10_000);
    record.status = status;
    record.version = 1;
    record.status_since = at(5.0);
    record
}

/// Sight without holes: silence counts from `start`, the newest proof is `proof`.
fn clear_sight(start: f64, proof: f64) -> Sight {
    Sight { silence_start: at(start), seen_silence_ms: 0, last_proof: Some(at(proof)) }
}
