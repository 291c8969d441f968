//! What happens to calls on their way to the database.

use crate::cage::Role;
use crate::random::Random;

/// For a while, calls of some kind have trouble.
#[derive(Clone, Debug)]
pub struct Weather {
    /// How long, in ms.
    pub ms: i64,
    /// What happens to those that are hit.
    pub trouble: Trouble,
    /// How many percent are hit.
    pub percent: i64,
    /// Only those of this part. `None`: of all.
    pub role: Option<Role>,
    /// Only those of this operation. `None`: all.
    pub operation: Option<&'static str>,
}

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Not applied, no answer.
    Lost,
    /// Applied, no answer.
    AnswerLost,
    /// Not applied, answered with 500.
    Failed,
    /// Applied, answered with 500.
    FailedAfterwards,
    /// Refused as too much.
    Throttled,
    /// Refused because of another transaction.
    Conflict,
    /// Applied up to so many ms late.
    Late(i64),
    /// Applied at once, answered up to so many ms late.
    AnswerLate(i64),
    /// Not applied, never answered.
    Hanging,
}

impl Weather {
    /// Some weather that lasts so many ms.
    pub fn draw(random: &mut Random, ms: i64) -> Self {
        let roles =
            [None, None, None, Some(Role::Ingest), Some(Role::Checker), Some(Role::Notifier)];
        let operations = [None, None, None, Some("TransactWriteItems"), Some("UpdateItem")];
        if random.chance(30) {
            let trouble = *random.pick(&[Trouble::Lost, Trouble::Failed, Trouble::Hanging]);
            return Self { ms, trouble, percent: 100, role: None, operation: None };
        }
        let late_ms = random.range(20, 5_000);
        let trouble = *random.pick(&[
            Trouble::Lost,
            Trouble::AnswerLost,
            Trouble::Failed,
            Trouble::FailedAfterwards,
            Trouble::Throttled,
            Trouble::Conflict,
            Trouble::Late(late_ms),
            Trouble::Late(late_ms),
            Trouble::AnswerLate(late_ms),
            Trouble::Hanging,
        ]);
        let percent = *random.pick(&[5, 20, 50, 90]);
        Self {
            ms,
            trouble,
            percent,
            role: *random.pick(&roles),
            operation: *random.pick(&operations),
        }
    }

    fn hits(&self, role: Role, operation: &str, random: &mut Random) -> bool {
        self.role.is_none_or(|only| only == role)
            && self.operation.is_none_or(|only| only == operation)
            && random.chance(self.percent)
    }
}

/// All the weather there is.
#[derive(Debug)]
pub struct Sky {
    random: Random,
    now: Vec<(i64, Weather)>,
}

impl Sky {
    /// A clear one.
    pub fn of(seed: u64) -> Self {
        Self { random: Random::of(seed, "weather"), now: Vec::new() }
    }

    /// Adds weather that begins now.
    pub fn add(&mut self, now_ms: i64, weather: Weather) {
        self.now.push((now_ms + weather.ms, weather));
    }

    /// Clears up.
    pub fn clear(&mut self) {
        self.now.clear();
    }

    /// What happens to a call.
    pub fn judge(&mut self, now_ms: i64, role: Role, operation: &str) -> Option<Trouble> {
        self.now.retain(|(until_ms, _)| *until_ms > now_ms);
        let random = &mut self.random;
        let hit = self.now.iter().find(|(_, weather)| weather.hits(role, operation, random))?;
        Some(hit.1.trouble)
    }

    /// Up to so many ms.
    pub fn up_to(&mut self, most_ms: i64) -> i64 {
        self.random.range(1, most_ms)
    }
}
