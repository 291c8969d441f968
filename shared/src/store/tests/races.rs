//! For each condition the race that it decides: with it an invariant holds, without it, it breaks.

mod repairs;

use std::pin::Pin;

use flatline_domain::invariant::{
    SilenceFacts, Violation, beat_moves_on, history_chains, no_false_alarm,
};
use flatline_domain::transition::Reason;
use flatline_domain::{Gap, SightLog, Status, UnixMs};
use futures_util::FutureExt;
use serde_json::Value;

use super::bench::{START, WINDOW_MS, beat, later, plain};
use super::database::Database;
use super::moves::{commit, next, pair, quiet, read, spec};
use super::tampering::{Once, Reply, relax, table, tampered};
use crate::store::{Beat, ConfigState, Store, StoreError, TickMark, TickStart};

/// Two processes on one table; in the conditions of `tested` one clause may be missing.
struct Processes {
    engine: Database,
    fair: Store,
    tested: Store,
    missing: Option<&'static str>,
}

type Check = Result<(), Violation>;
type Story = for<'a> fn(&'a Processes) -> Pin<Box<dyn Future<Output = Check> + 'a>>;

impl Processes {
    async fn new(missing: Option<&'static str>) -> Self {
        let (engine, fair) = table().await;
        let tested = tampered(&engine, move |_, body| {
            without(missing, body);
            Reply::Arrives
        })
        .await;
        Self { engine, fair, tested, missing }
    }

    /// As `tested`, but somebody else is quicker with the first request that `at` picks.
    async fn interrupted(&self, at: fn(&str, &Value) -> bool, quicker: fn(&Store)) -> Store {
        let (missing, fair, once) = (self.missing, self.fair.clone(), Once::default());
        tampered(&self.engine, move |name, body| {
            without(missing, body);
            if at(name, body) && once.first() {
                quicker(&fair);
            }
            Reply::Arrives
        })
        .await
    }

    /// The service was paused, and came back at this time.
    async fn resumed(&self, at: UnixMs) {
        let read_now = read(&self.fair, "api").await;
        commit(&self.fair, &read_now, Status::Paused, Reason::Paused, at).await;
        let paused = read(&self.fair, "api").await;
        commit(&self.fair, &paused, Status::Unknown, Reason::Resumed, at).await;
    }

    /// A service that is up since its first heartbeat at the start.
    async fn up(&self) {
        let heard = self.fair.beat(&plain("api", START)).await.unwrap().after;
        commit(&self.fair, &heard, Status::Up, Reason::FirstHeartbeat, START).await;
    }
}

fn without(missing: Option<&str>, body: &mut Value) {
    if let Some(clause) = missing {
        relax(body, clause);
    }
}

/// A sentence, the clause that it is about, and the race.
const RACES: [(&str, &str, Story); 20] = [
    (
        "a late heartbeat never takes the last one back",
        "(attribute_not_exists(lb) OR lb <= :lb OR lb > :ahead)",
        |p| Box::pin(late_heartbeat(p)),
    ),
    (
        "a heartbeat whose answer was lost counts once",
        "(attribute_not_exists(lb) OR lb < :lb OR lb > :ahead)",
        |p| Box::pin(lost_answer(p)),
    ),
    ("a decision about an old version never rewrites history", "v = :read_v", |p| {
        Box::pin(old_version(p))
    }),
    ("a heartbeat that races with a silence wins", "lb = :read_lb", |p| {
        Box::pin(heartbeat_against_silence(p))
    }),
    ("a first heartbeat that races with `never reported` wins", "attribute_not_exists(lb)", |p| {
        Box::pin(heartbeat_against_never_reported(p))
    }),
    ("what is committed for a heartbeat is what the newest one stated", "rp = :read_rp", |p| {
        Box::pin(newer_statement(p))
    }),
    ("what an overtaken heartbeat states during a resume is not lost", "rp = :read_rp", |p| {
        Box::pin(statement_against_resume(p))
    }),
    ("what a heartbeat repeats during a resume is not lost", "lb = :read_lb", |p| {
        Box::pin(heartbeat_against_resume(p))
    }),
    ("an outage told afterwards is the one that is still noted", "g = :read_g", |p| {
        Box::pin(judged_gap_is_gone(p))
    }),
    ("an outage that goes on is the one that is still noted", "g = :read_g", |p| {
        Box::pin(judged_gap_is_gone_and_it_goes_on(p))
    }),
    ("an outage goes on only if nothing else was said since", "rp = :read_rp", |p| {
        Box::pin(statement_against_outage_that_goes_on(p))
    }),
    ("a gap is forgotten only by who judged it", "g = :read_g", |p| Box::pin(another_gap(p))),
    (
        "a new window never hides a service whose first heartbeat just came",
        "attribute_not_exists(lb)",
        |p| Box::pin(repairs::window_against_first_heartbeat(p)),
    ),
    ("a repair never takes back a heartbeat that came since", "lb = :read_lb", |p| {
        Box::pin(repairs::repair_against_heartbeat(p))
    }),
    ("a repair never takes back a resume that came since", "v = :read_v", |p| {
        Box::pin(repairs::repair_against_resume(p))
    }),
    ("a proof after a long time ends a hole", "p >= :least", |p| Box::pin(late_proof(p))),
    ("an older proof takes nothing back", "p <= :p", |p| Box::pin(overtaken_proof(p))),
    ("a canary that failed elsewhere makes a hole", "v = :read_v", |p| {
        Box::pin(proof_against_failure(p))
    }),
    ("a proof that was decided on an old log takes nothing back", "p = :read_p", |p| {
        Box::pin(proof_against_proof(p))
    }),
    ("a failure during a proof is not forgotten", "v = :read_v", |p| {
        Box::pin(failure_during_proof(p))
    }),
];

/// As [`RACES`], for the configuration.
const MEMBERSHIP_RACES: [(&str, &str, Story); 2] = [
    (
        "an old configuration does not check",
        "(attribute_not_exists(r) OR r <= :r OR a < :gone)",
        |p| Box::pin(old_tick(p)),
    ),
    ("an old configuration is not applied", "(attribute_not_exists(r) OR r < :r)", |p| {
        Box::pin(old_config(p))
    }),
];

#[tokio::test]
async fn each_condition_decides_its_race() {
    for (sentence, clause, story) in RACES.into_iter().chain(MEMBERSHIP_RACES) {
        let intact = story(&Processes::new(None).await).await;
        assert_eq!(intact, Ok(()), "{sentence}");
        let broken = story(&Processes::new(Some(clause)).await).await;
        assert!(broken.is_err(), "nothing breaks without `{clause}`: {sentence}");
    }
}

fn claim(holds: bool, sentence: &str) -> Check {
    if holds { Ok(()) } else { Err(sentence.to_owned()) }
}

async fn late_heartbeat(p: &Processes) -> Check {
    p.tested.beat(&plain("api", later(2_000))).await.unwrap();
    p.tested.beat(&plain("api", START)).await.unwrap();
    let after = read(&p.fair, "api").await.last_beat;
    beat_moves_on(Some(later(2_000)), after, later(2_000))
}

async fn lost_answer(p: &Processes) -> Check {
    let (missing, once) = (p.missing, Once::default());
    let unlucky = tampered(&p.engine, move |name, body| {
        without(missing, body);
        let lost = name == "UpdateItem" && once.first();
        if lost { Reply::Lost } else { Reply::Arrives }
    })
    .await;
    unlucky.beat(&plain("api", START)).await.unwrap();
    claim(read(&p.fair, "api").await.ring == [START], "I14: one heartbeat was stored twice")
}

async fn old_version(p: &Processes) -> Check {
    p.up().await;
    let slow = read(&p.fair, "api").await;
    commit(&p.fair, &slow, Status::Paused, Reason::Paused, later(1_000)).await;
    let paused = read(&p.fair, "api").await;
    commit(&p.fair, &paused, Status::Unknown, Reason::Resumed, later(2_000)).await;
    commit(&p.tested, &slow, Status::Down, Reason::Silence, later(6_000)).await;
    history_chains(&p.fair.history("api").await.unwrap())
}

async fn heartbeat_against_silence(p: &Processes) -> Check {
    p.up().await;
    let slow = read(&p.fair, "api").await;
    p.fair.beat(&plain("api", later(5_400))).await.unwrap();
    let down = next(&slow, Status::Down, Reason::Silence, later(5_500));
    p.tested.commit(&quiet(&slow, &[down])).await.unwrap();
    alarm_was_right(p, later(5_400)).await
}

async fn heartbeat_against_never_reported(p: &Processes) -> Check {
    p.fair.create_service(&spec("api"), START).await.unwrap();
    let slow = read(&p.fair, "api").await;
    p.fair.beat(&plain("api", later(5_400))).await.unwrap();
    let down = next(&slow, Status::Down, Reason::NeverReported, later(5_500));
    p.tested.commit(&quiet(&slow, &[down])).await.unwrap();
    alarm_was_right(p, later(5_400)).await
}

async fn alarm_was_right(p: &Processes, heard_until: UnixMs) -> Check {
    let history = p.fair.history("api").await.unwrap();
    let Some(down) = history.iter().find(|entry| entry.to == Status::Down) else { return Ok(()) };
    let last_proof = Some(later(5_500));
    let facts = SilenceFacts { heard_until, allowed_ms: WINDOW_MS, holes: &[], last_proof };
    no_false_alarm(down, &facts)
}

async fn newer_statement(p: &Processes) -> Check {
    p.up().await;
    p.fair.beat(&beat("api", later(1_000), WINDOW_MS, Some(Status::Down))).await.unwrap();
    let slow = read(&p.fair, "api").await;
    p.fair.beat(&plain("api", later(2_000))).await.unwrap();
    commit(&p.tested, &slow, Status::Down, Reason::Reported, later(2_100)).await;
    let record = read(&p.fair, "api").await;
    claim(record.status == record.reported, "I1: down was told after a newer heartbeat said up")
}

async fn paused(p: &Processes) {
    p.up().await;
    let record = read(&p.fair, "api").await;
    commit(&p.fair, &record, Status::Paused, Reason::Paused, later(1_000)).await;
    p.fair.beat(&plain("api", later(2_000))).await.unwrap();
}

async fn statement_against_resume(p: &Processes) -> Check {
    paused(p).await;
    let slow = read(&p.fair, "api").await;
    p.fair.beat(&beat("api", later(1_900), WINDOW_MS, Some(Status::Down))).await.unwrap();
    commit(&p.tested, &slow, Status::Unknown, Reason::Resumed, later(3_000)).await;
    let reported = read(&p.fair, "api").await.reported;
    claim(reported == Status::Down, "I13: what an acknowledged heartbeat stated is lost")
}

async fn heartbeat_against_resume(p: &Processes) -> Check {
    paused(p).await;
    let slow = read(&p.fair, "api").await;
    p.fair.beat(&plain("api", later(2_900))).await.unwrap();
    commit(&p.tested, &slow, Status::Unknown, Reason::Resumed, later(3_000)).await;
    let reported = read(&p.fair, "api").await.reported;
    claim(reported == Status::Up, "I13: what an acknowledged heartbeat stated is lost")
}

/// Up, with a noted gap that somebody judges and forgets, and then with another.
async fn two_gaps(p: &Processes) -> (flatline_domain::ServiceRecord, Gap, Gap) {
    p.up().await;
    let first = Gap { from: START, to: later(9_000) };
    let second = Gap { from: later(9_000), to: later(20_000) };
    p.fair.note_gap("api", first).await.unwrap();
    let slow = read(&p.fair, "api").await;
    p.fair.clear_gap(&slow).await.unwrap();
    p.fair.note_gap("api", second).await.unwrap();
    (slow, first, second)
}

async fn judged_gap_is_gone(p: &Processes) -> Check {
    let (slow, first, second) = two_gaps(p).await;
    let transitions = pair(&slow, first, later(21_000));
    p.tested.commit(&quiet(&slow, &transitions)).await.unwrap();
    let noted = read(&p.fair, "api").await.gap;
    claim(noted == Some(second), "an outage was never judged")
}

async fn judged_gap_is_gone_and_it_goes_on(p: &Processes) -> Check {
    let (slow, first, second) = two_gaps(p).await;
    let [down, _] = pair(&slow, first, later(21_000));
    p.tested.commit(&quiet(&slow, &[down])).await.unwrap();
    let noted = read(&p.fair, "api").await.gap;
    claim(noted == Some(second), "an outage was never judged")
}

async fn statement_against_outage_that_goes_on(p: &Processes) -> Check {
    p.up().await;
    let gap = Gap { from: START, to: later(9_000) };
    p.fair.beat(&Beat { stated: Some(Status::Down), ..plain("api", gap.to) }).await.unwrap();
    p.fair.note_gap("api", gap).await.unwrap();
    let slow = read(&p.fair, "api").await;
    p.fair.beat(&plain("api", later(10_000))).await.unwrap();
    let [down, _] = pair(&slow, gap, later(11_000));
    p.tested.commit(&quiet(&slow, &[down])).await.unwrap();
    let record = read(&p.fair, "api").await;
    claim(record.reported == Status::Up, "I13: a recovery was overwritten")
}

async fn another_gap(p: &Processes) -> Check {
    let (slow, _, second) = two_gaps(p).await;
    p.tested.clear_gap(&slow).await.unwrap();
    let noted = read(&p.fair, "api").await.gap;
    claim(noted == Some(second), "an outage was never judged")
}

/// Whether a request writes the whole log of proofs, on its own or with a hole.
fn writes_log(operation: &str, body: &Value) -> bool {
    operation != "GetItem" && body.to_string().contains("h = :h")
}

fn at_once(done: impl Future<Output = Result<(), StoreError>>) {
    done.now_or_never().expect("the engine answers at once").unwrap();
}

/// The log that proofs at these times make.
fn proven(times_ms: &[i64]) -> SightLog {
    times_ms.iter().fold(SightLog::default(), |log, ms| log.prove(later(*ms)))
}

async fn log_is(p: &Processes, expected: &SightLog) -> Check {
    claim(p.fair.sight_log().await.unwrap() == *expected, "I1: sight is claimed that was not there")
}

async fn late_proof(p: &Processes) -> Check {
    p.tested.prove(START).await.unwrap();
    p.tested.prove(START).await.unwrap();
    p.tested.prove(later(9_000)).await.unwrap();
    log_is(p, &proven(&[0, 9_000])).await
}

async fn overtaken_proof(p: &Processes) -> Check {
    p.tested.prove(START).await.unwrap();
    p.tested.prove(later(1_000)).await.unwrap();
    p.tested.prove(later(500)).await.unwrap();
    log_is(p, &proven(&[0, 1_000])).await
}

async fn proof_against_failure(p: &Processes) -> Check {
    p.tested.prove(START).await.unwrap();
    p.tested.prove(later(500)).await.unwrap();
    p.fair.mark_blind().await.unwrap();
    p.tested.prove(later(1_000)).await.unwrap();
    let failed = SightLog { failed: true, ..proven(&[0, 500]) };
    log_is(p, &failed.prove(later(1_000))).await
}

async fn proof_against_proof(p: &Processes) -> Check {
    p.fair.refine_sight(2_000, START).await.unwrap();
    p.fair.prove(START).await.unwrap();
    // It has not seen the log yet, so it reads, decides and writes.
    let slow = p.interrupted(writes_log, |fair| at_once(fair.prove(later(1_500)))).await;
    slow.prove(later(1_000)).await.unwrap();
    let expected = SightLog { finest_ms: 2_000, ..proven(&[0, 1_500]) };
    log_is(p, &expected).await
}

async fn failure_during_proof(p: &Processes) -> Check {
    p.fair.prove(START).await.unwrap();
    let slow = p.interrupted(writes_log, |fair| at_once(fair.mark_blind())).await;
    slow.prove(later(9_000)).await.unwrap();
    let failed = SightLog { failed: true, ..proven(&[0]) };
    log_is(p, &failed.prove(later(9_000))).await
}

async fn old_tick(p: &Processes) -> Check {
    let mark = |ms, revision| TickMark { at: later(ms), revision };
    p.fair.start_tick(&mark(0, 2)).await.unwrap();
    let started = p.tested.start_tick(&mark(1_000, 1)).await.unwrap();
    claim(
        matches!(started, TickStart::Superseded(_)),
        "I10: a service that the new configuration watches is closed by the old one",
    )
}

async fn old_config(p: &Processes) -> Check {
    let state = |revision| ConfigState { revision, ..ConfigState::default() };
    p.fair.apply_config(&state(2), START).await.unwrap();
    p.tested.apply_config(&state(1), START).await.unwrap();
    let stored = p.fair.config_state().await.unwrap().revision;
    claim(stored == 2, "the applied revision went back")
}
