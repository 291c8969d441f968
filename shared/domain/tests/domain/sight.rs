use flatline_domain::sight::{
    LIMITS_MS, canary_period_ms, canary_retry_ms, limit_index, sparse_proofs,
};
use flatline_domain::{Decision, Gap, Hole, ServiceRecord, Sight, SightLog, UnixMs, reconcile};
use proptest::prelude::*;

use super::{at, heard, spec};
use flatline_domain::Status;

fn proven(proofs: &[f64]) -> SightLog {
    let first = Some(at(proofs[0]));
    let log = SightLog { last_proof: first, finest_ms: 2_000, ..SightLog::default() };
    proofs.iter().skip(1).fold(log, |log, proof| log.prove(at(*proof)))
}

#[test]
fn each_window_has_its_limit() {
    let rows = [
        ("the smallest window uses the smallest limit", 1_000, 2_000),
        ("a window of 3 s may be blind for 2 s", 3_000, 2_000),
        ("8 s: half of it is 4 s", 8_000, 4_000),
        ("10 s: half of it is 5 s, the limit below is 4 s", 10_000, 4_000),
        ("five minutes: half of it is the largest limit", 300_000, 150_000),
        ("just below five minutes: the limit below", 299_998, 128_000),
        ("a day: never more than the largest limit", 86_400_000, 150_000),
    ];
    for (says, window_ms, limit_ms) in rows {
        assert_eq!(LIMITS_MS[limit_index(window_ms)], limit_ms, "{says}");
    }
}

#[test]
fn canaries_fly_three_times_a_window_but_not_more_than_once_a_second() {
    for (window_ms, period_ms) in [
        (1_000, 1_000),
        (3_000, 1_000),
        (7_000, 1_000),
        (30_000, 4_000),
        (60_000, 8_000),
        (120_000, 16_000),
        (300_000, 60_000),
    ] {
        assert_eq!(canary_period_ms(window_ms), period_ms, "window {window_ms}");
    }
}

#[test]
fn canaries_in_time_never_make_a_hole() {
    for seconds in 1..=400 {
        let window_ms = seconds * 1_000;
        let limit_ms = LIMITS_MS[limit_index(window_ms)];
        let two_ms = 2 * canary_period_ms(window_ms);
        assert!(
            two_ms <= limit_ms,
            "window {seconds} s: two canaries in {two_ms} of {limit_ms} ms"
        );
    }
}

#[test]
fn before_the_first_proof_nothing_was_seen() {
    let log = SightLog { finest_ms: 2_000, ..SightLog::default() }.prove(at(50.0));
    assert_eq!(log.last_hole(300_000).map(|hole| hole.end), Some(at(50.0)));
}

#[test]
fn proofs_make_holes() {
    let hole = |start, end, failed| Some(Hole { start: at(start), end: at(end), failed });
    let rows = [
        ("proofs in time leave no hole", proven(&[0.0, 1.0, 2.9, 4.9]), 3_000, None),
        (
            "a pause longer than the limit is a hole",
            proven(&[0.0, 2.1]),
            3_000,
            hole(0.0, 2.1, false),
        ),
        ("the same pause is none for a longer window", proven(&[0.0, 2.1]), 10_000, None),
        ("the last hole counts", proven(&[0.0, 5.0, 6.0, 12.0]), 3_000, hole(6.0, 12.0, false)),
        (
            "a shorter hole does not hide a longer one",
            proven(&[0.0, 9.0, 10.0, 13.0]),
            16_000,
            hole(0.0, 9.0, false),
        ),
        ("an overtaken proof changes nothing", proven(&[0.0, 1.5, 0.5, 3.0]), 3_000, None),
        (
            "a clock that jumped back makes a hole for everybody",
            proven(&[100.0, 10.0]),
            300_000,
            hole(10.0, 10.0, true),
        ),
    ];
    for (says, log, window_ms, expect) in rows {
        assert_eq!(log.last_hole(window_ms), expect, "{says}");
    }
}

#[test]
fn a_failed_canary_makes_a_hole_however_short() {
    let failed = SightLog { failed: true, ..proven(&[0.0, 1.0]) };
    let log = failed.prove(at(1.5));
    let hole = Some(Hole { start: at(1.0), end: at(1.5), failed: true });
    assert_eq!((log.last_hole(300_000), log.failed), (hole, false));
}

/// Every second canary fails: each time between two proofs is a hole, and none of them is long.
#[test]
fn a_canary_that_flickers_hides_no_outage() {
    let (service, window) = (spec(), 10_000);
    let record = heard(Status::Up);
    let mut log = SightLog { finest_ms: 2_000, ..SightLog::default() }.prove(at(100.0));
    let mut holes = Vec::new();
    let mut down_at = None;
    for second in 101..200 {
        log.failed = true;
        let now = at(f64::from(second));
        holes.extend(log.hole_before(now));
        log = log.prove(now);
        let sight = log.sight(&record, &service, &holes, now);
        if let Decision::Commit(_) = reconcile(&record, &service, Some(&sight), now) {
            down_at = Some(now);
            break;
        }
    }
    assert!(holes.iter().all(|hole| hole.counts_for(window)), "each is a hole for everybody");
    assert_eq!(down_at, Some(at(131.0)), "after three windows of seen silence");
}

#[test]
fn a_finer_limit_trusts_nothing_that_was_seen_more_coarsely() {
    let first = Some(at(0.0));
    let coarse =
        SightLog { last_proof: first, finest_ms: 150_000, ..SightLog::default() }.prove(at(60.0));
    assert_eq!(coarse.last_hole(3_000), None, "nobody looked for short holes");
    let fine = coarse.refined(2_000, at(70.0));
    assert_eq!(fine.last_hole(3_000).map(|hole| hole.end), Some(at(70.0)));
    assert_eq!(fine.last_hole(300_000), None, "coarse services are not concerned");
    assert_eq!(fine.refined(150_000, at(80.0)).last_hole(3_000), fine.last_hole(3_000));
}

#[test]
fn silence_counts_from_the_last_hole_that_concerns_the_service() {
    let log = proven(&[100.0, 101.0, 106.0, 107.0]);
    let sight = log.sight(&heard(Status::Up), &spec(), &[], at(107.0));
    assert_eq!(sight.silence_start, at(106.0));
    assert_eq!(sight.last_proof, Some(at(107.0)));
    let before_the_beat = proven(&[80.0, 90.0, 91.0]);
    let sight = before_the_beat.sight(&heard(Status::Up), &spec(), &[], at(107.0));
    assert_eq!(sight.silence_start, at(100.0), "a hole before the heartbeat is history");
}

#[test]
fn time_since_the_last_proof_is_not_seen_silence() {
    let hole = Hole { start: at(101.0), end: at(120.0), failed: true };
    let failing = SightLog { failed: true, ..proven(&[100.0, 101.0, 120.0]) };
    let sight = failing.sight(&heard(Status::Up), &spec(), &[hole], at(900.0));
    assert_eq!(sight.seen_silence_ms, 1_000, "canaries fail: the hole is still open");
}

#[test]
fn hole_rows_matter_only_after_three_windows_with_a_hole_between() {
    let holed = proven(&[100.0, 101.0, 106.0, 107.0]);
    assert!(!holed.needs_rows(&heard(Status::Up), &spec(), at(130.0)));
    assert!(holed.needs_rows(&heard(Status::Up), &spec(), at(130.1)));
    assert!(!proven(&[99.0, 100.5]).needs_rows(&heard(Status::Up), &spec(), at(200.0)));
}

#[test]
fn a_gap_is_judged_by_the_holes_inside_it() {
    let hole = |start, end| Hole { start: at(start), end: at(end), failed: false };
    let sight =
        Sight::of_gap(at(100.0), at(150.0), 10_000, &[hole(120.0, 140.0), hole(160.0, 190.0)]);
    assert_eq!(sight.silence_start, at(140.0), "later holes say nothing about it");
    assert_eq!(sight.seen_silence_ms, 30_000);
    let short = Sight::of_gap(at(100.0), at(150.0), 10_000, &[hole(120.0, 123.0)]);
    assert_eq!(short.silence_start, at(100.0), "a hole below the service's limit does not count");
}

proptest! {
    /// Leaving out what is not needed changes no hole of any limit that is looked for.
    #[test]
    fn sparse_proofs_make_the_same_holes(gaps in prop::collection::vec(1_i64..9_000, 0..80)) {
        let start = SightLog { finest_ms: 2_000, ..SightLog::default() }.prove(at(0.0));
        let all: Vec<UnixMs> = gaps
            .iter()
            .scan(at(0.0), |now, gap_ms| { *now = now.plus_ms(*gap_ms); Some(*now) })
            .collect();
        let sparse = sparse_proofs(at(0.0), all.clone(), 2_000);
        let fold = |proofs: &[UnixMs]| proofs.iter().fold(start.clone(), |log, at| log.prove(*at));
        prop_assert_eq!(fold(&all), fold(&sparse));
        prop_assert!(sparse.windows(3).all(|three| three[2].since_ms(three[0]) > 2_000));
    }

    /// Whatever the order of proofs, the last proof is the newest (but for a clock that jumped
    /// back), and each hole kept is longer than its limit.
    #[test]
    fn a_log_keeps_what_it_promises(steps in prop::collection::vec((0_i64..400_000, any::<bool>()), 1..60)) {
        let mut log = SightLog { finest_ms: 2_000, ..SightLog::default() };
        let mut now = 1_800_000_000_000_i64;
        for (step_ms, fails) in steps {
            now += step_ms;
            log.failed |= fails;
            let before = log.clone();
            log = log.prove(UnixMs(now));
            prop_assert_eq!(log.last_proof, Some(UnixMs(now)).max(before.last_proof));
            prop_assert!(!log.failed || before.last_proof.is_none() || step_ms == 0);
            for (hole, limit_ms) in log.holes.iter().zip(LIMITS_MS) {
                prop_assert!(hole.is_none_or(|hole| hole.failed || hole.len_ms() > limit_ms));
            }
        }
    }
}

#[test]
fn a_proof_that_is_learnt_of_later_leaves_it_noted_that_a_canary_failed() {
    let log = SightLog::default().prove(at(100.0));
    let failed = SightLog { failed: true, ..log };
    let next = failed.prove_late(at(103.0));
    assert_eq!((next.last_proof, next.failed), (Some(at(103.0)), true));
    assert_eq!(
        next.last_hole(1_000_000),
        Some(Hole { start: at(100.0), end: at(103.0), failed: true })
    );
    assert_eq!(next.prove_late(at(102.0)), next, "older than the newest");
}

#[test]
fn one_refused_canary_makes_no_long_hole() {
    for window_s in [1_i64, 3, 4, 6, 8, 12, 60, 300, 86_400] {
        let window_ms = window_s * 1_000;
        let between_ms = canary_period_ms(window_ms) + canary_retry_ms(window_ms);
        assert!(between_ms < LIMITS_MS[limit_index(window_ms)], "{window_s} s: {between_ms} ms");
    }
}

#[test]
fn a_silence_that_was_never_noted_is_found_by_the_deadline_that_was_in_force() {
    let late = |to: f64| heard(Status::Up).after_beat(at(to), Status::Up, 10_000);
    let gap = Gap { from: at(100.0), to: at(111.0) };
    assert_eq!(late(111.0).unjudged_gap(), Some(gap));
    assert_eq!(late(110.5).unjudged_gap(), None, "in time");
    let next = late(111.0).after_beat(at(112.0), Status::Up, 10_000);
    assert_eq!(next.unjudged_gap(), None, "only of the newest");
    let told = ServiceRecord { status_since: at(111.0), ..late(111.0) };
    assert_eq!(told.unjudged_gap(), None, "a transition came since");
    let shorter = ServiceRecord { window_ms: 1_000, ..late(109.0) };
    assert_eq!(shorter.unjudged_gap(), None, "a window that came later says nothing of before");
    assert_eq!(late(111.0).without_gap().unjudged_gap(), None, "it is judged");
    let noted = ServiceRecord { gap: Some(gap), ..late(140.0) };
    assert_eq!(noted.unjudged_gap(), Some(gap), "the older one first");
    assert_eq!(noted.without_gap().unjudged_gap(), late(140.0).unjudged_gap(), "then the newer");
}
