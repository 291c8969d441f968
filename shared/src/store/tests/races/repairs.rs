//! Races with what the configuration and a repaired clock write into a record.

use flatline_domain::invariant::beat_moves_on;

use super::super::bench::{START, later, plain};
use super::super::moves::{read, spec};
use super::{Check, Processes, claim};

pub async fn window_against_first_heartbeat(p: &Processes) -> Check {
    p.fair.create_service(&spec("api"), START).await.unwrap();
    let slow = read(&p.fair, "api").await;
    p.fair.beat(&plain("api", later(1_000))).await.unwrap();
    p.tested.set_window(&slow, &spec("api")).await.unwrap();
    let record = read(&p.fair, "api").await;
    claim(record.deadline <= record.due(&spec("api")), "I9: its silence is never looked at")
}

pub async fn repair_against_heartbeat(p: &Processes) -> Check {
    p.fair.beat(&plain("api", later(600_000))).await.unwrap();
    let slow = read(&p.fair, "api").await;
    p.fair.beat(&plain("api", later(1_000))).await.unwrap();
    let repaired = slow.repaired(&spec("api"), START).unwrap();
    p.tested.repair(&slow, &repaired).await.unwrap();
    let after = read(&p.fair, "api").await.last_beat;
    beat_moves_on(Some(later(1_000)), after, later(1_000))
}

pub async fn repair_against_resume(p: &Processes) -> Check {
    p.up().await;
    p.resumed(later(600_000)).await;
    let slow = read(&p.fair, "api").await;
    p.resumed(later(2_000)).await;
    let resumed_at = read(&p.fair, "api").await.resumed_at;
    let repaired = slow.repaired(&spec("api"), later(1_000)).unwrap();
    p.tested.repair(&slow, &repaired).await.unwrap();
    let after = read(&p.fair, "api").await.resumed_at;
    claim(after == resumed_at, "I1: silence is counted from before the resume")
}
