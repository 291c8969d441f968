//! I1: nobody is woken for nothing.

use flatline_domain::invariant::{SilenceFacts, no_false_alarm};
use flatline_domain::{Hole, Reason, Transition, UnixMs};

use super::Checks;
use crate::scene::START;
use crate::truth::{Committed, Sign};

impl Checks {
    /// A silence that was committed was one, by the clock that never jumps.
    pub(super) async fn alarm_is_true(
        &self,
        down: &Transition,
        committed: &Committed,
    ) -> Result<(), String> {
        let id = &committed.id;
        let Some(service) = committed.config.service(id) else {
            return Err(format!("I1: {id} is down for silence and not configured"));
        };
        let spec = &service.spec;
        let allowed_ms = match down.reason {
            Reason::NeverReported => spec.first_window_ms,
            _ => Some(spec.window_ms),
        };
        let Some(allowed_ms) = allowed_ms else {
            return Err(format!("I1: {id} may stay silent for ever and is down"));
        };
        let Some(case) = self.case(down, committed).await? else { return Ok(()) };
        let facts = SilenceFacts {
            heard_until: UnixMs(case.heard_ms),
            allowed_ms,
            holes: &case.holes,
            last_proof: case.proof_ms.map(UnixMs),
        };
        let real = Transition { decided_at: UnixMs(case.decided_ms), ..*down };
        no_false_alarm(&real, &facts).map_err(|why| {
            format!(
                "{why}; {id} was heard at {} ms, decided at {} ms",
                case.heard_ms, case.decided_ms
            )
        })
    }

    /// What there is to know of a silence. `None`: a clock jumped when nobody could see it.
    async fn case(&self, down: &Transition, committed: &Committed) -> Result<Option<Case>, String> {
        let record = self.store.service(&committed.id).await.map_err(|error| error.to_string())?;
        let Some(record) = record else { return Err("I2: a record vanished".to_owned()) };
        let history = self.store.history(&committed.id).await.map_err(|error| error.to_string())?;
        let truth = self.scene.truth();
        let real_ms = |wall| truth.real_ms(START, wall, committed.at_ms);
        let decided_ms = real_ms(down.decided_at);
        let is_late = committed.versions.len() > 1;
        let seen = truth.signs.get(&committed.id).map(Vec::as_slice).unwrap_or_default();
        let mut signs: Vec<&Sign> =
            seen.iter().filter(|sign| sign.turn <= committed.turn).collect();
        // A silence that a heartbeat ended was judged as of that heartbeat.
        let end = history.iter().find(|entry| is_late && entry.version == down.version + 1);
        let until_ms = match end {
            Some(back) => Some(real_ms(back.at)),
            None => ended_in_trouble(&signs, real_ms(down.at)),
        };
        signs.retain(|sign| until_ms.is_none_or(|until_ms| sign.arrived_ms < until_ms));
        let heard = signs.iter().map(|sign| sign.arrived_ms).max();
        let resumed = history
            .iter()
            .filter(|entry| entry.version < down.version)
            .filter(|entry| matches!(entry.reason, Reason::Resumed | Reason::Reopened))
            .map(|entry| real_ms(entry.decided_at))
            .max();
        let heard_ms = heard.unwrap_or(real_ms(record.configured_at)).max(resumed.unwrap_or(0));
        let end_ms = until_ms.unwrap_or(decided_ms);
        let jumped = truth
            .jumps
            .iter()
            .any(|jump| !jump.is_seen && (heard_ms..=decided_ms).contains(&jump.at_ms));
        let known = truth.holes.iter().filter(|hole| hole.turn <= committed.turn);
        let holes: Vec<Hole> =
            known.map(|real| real.hole).filter(|hole| hole.end.0 <= end_ms).collect();
        let proof_ms = until_ms.or(truth.last_proof.map(|proof| proof.arrived_ms));
        let case = Case { heard_ms, decided_ms: end_ms, holes, proof_ms };
        Ok((!jumped).then_some(case))
    }
}

/// When a heartbeat ended a silence by saying that the service is down, if nothing else was said since
/// the outage began.
fn ended_in_trouble(signs: &[&Sign], began_ms: i64) -> Option<i64> {
    let since = || signs.iter().filter(|sign| sign.arrived_ms >= began_ms);
    let first_ms = since().map(|sign| sign.arrived_ms).min();
    first_ms.filter(|_| since().all(|sign| sign.says_down))
}

/// A silence, in ms of the run.
struct Case {
    heard_ms: i64,
    decided_ms: i64,
    holes: Vec<Hole>,
    proof_ms: Option<i64>,
}
