//! A service that really fell silent while we could see is told in time, and what heartbeats state is
//! committed.

use std::sync::Arc;

use flatline_domain::invariant::beat_moves_on;
use flatline_domain::{Membership, ServiceRecord, Status};
use flatline_shared::config::Config;
use flatline_shared::store::SweepFilter;

use super::Checks;

/// A failed tick may cost a minute; after that everything must be as usual again, in ms.
const RECOVERY_MS: i64 = 75_000;

/// How long a decision about silence may take, in ms.
const DECISION_MS: i64 = 4_000;

/// What ingest left to the checker is seen by the next sweep at the latest, in ms.
const SWEEP_MS: i64 = 65_000;

impl Checks {
    /// Looks at every record.
    pub async fn look(&mut self, config: &Arc<Config>) -> Result<(), String> {
        let swept = self.store.sweep(SweepFilter::All).await.map_err(|error| error.to_string())?;
        let now_ms = self.scene.now_ms();
        let calm_since_ms = self.scene.truth().calm_since_ms(now_ms);
        let calm_since_ms = calm_since_ms.filter(|since_ms| now_ms - since_ms > RECOVERY_MS);
        for record in swept.records {
            self.beats_move_on(&record)?;
            if let Some(calm_since_ms) = calm_since_ms {
                self.is_judged(&record, config, calm_since_ms)?;
            }
            self.records.insert(record.id.clone(), record);
        }
        Ok(())
    }

    /// How long the gap of a record has been there, as far as was seen.
    fn gap_waits_ms(&mut self, record: &ServiceRecord) -> i64 {
        let now_ms = self.scene.now_ms();
        let Some(gap) = record.gap else {
            self.gaps.remove(&record.id);
            return 0;
        };
        let seen = self.gaps.entry(record.id.clone()).or_insert((gap, now_ms));
        if seen.0 != gap {
            *seen = (gap, now_ms);
        }
        now_ms - seen.1
    }

    fn beats_move_on(&self, record: &ServiceRecord) -> Result<(), String> {
        let now_ms = self.scene.now_ms();
        let last_jump_ms = self.scene.truth().last_jump_ms();
        if last_jump_ms.is_some_and(|jump_ms| now_ms - jump_ms < RECOVERY_MS) {
            return Ok(());
        }
        let before = self.records.get(&record.id).and_then(|before| before.last_beat);
        beat_moves_on(before, record.last_beat, self.scene.wall())
            .map_err(|why| format!("{why} ({})", record.id))
    }

    fn is_judged(
        &mut self,
        record: &ServiceRecord,
        config: &Config,
        calm_since_ms: i64,
    ) -> Result<(), String> {
        let id = &record.id;
        let Some(service) = config.service(id) else {
            let closed = record.status == Status::Closed;
            return if closed {
                Ok(())
            } else {
                Err(format!("{id} was removed and is not closed"))
            };
        };
        let spec = &service.spec;
        if (spec.membership == Membership::Paused) != (record.status == Status::Paused) {
            return Err(format!("{id} is {} and not as configured", record.status.as_str()));
        }
        if record.status.is_out() {
            return Ok(());
        }
        let wall = self.scene.wall();
        let heard_ago_ms = record.last_beat.map_or(i64::MAX, |last| wall.since_ms(last));
        let is_stated = record.reported != Status::Unknown && record.reported != record.status;
        if is_stated && heard_ago_ms > SWEEP_MS {
            return Err(format!(
                "I13: {id} states {} and is {}",
                record.reported.as_str(),
                record.status.as_str()
            ));
        }
        if self.gap_waits_ms(record) > SWEEP_MS {
            return Err(format!("a silence of {id} was noted and not judged"));
        }
        let Some(allowed_ms) = record.allowed_ms(spec) else { return Ok(()) };
        // Not the product's own book of holes: one that it made up would hide an outage.
        let seen_since_ms = self.scene.truth().last_hole_ms(allowed_ms).max(calm_since_ms);
        let seen_ms = self.scene.now_ms() - seen_since_ms;
        let late_ms = wall.since_ms(record.heard_until()).min(seen_ms) - allowed_ms;
        if late_ms > DECISION_MS && record.status != Status::Down {
            return Err(format!("missed outage: {id} should be down for {late_ms} ms"));
        }
        Ok(())
    }
}
