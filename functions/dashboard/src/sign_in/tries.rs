//! How many passwords may still be tried: few by each visitor, many more by all together, so that who
//! guesses keeps nobody else out.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// What a network may try.
const OF_ONE: Rate = Rate { burst: 10, refill_ms: 6_000 };

/// What all may try together.
const OF_ALL: Rate = Rate { burst: 300, refill_ms: 200 };

/// Networks that are remembered at most. What comes from others while there are so many counts for all
/// only.
const NETWORKS: usize = 4_096;

#[derive(Clone, Copy)]
struct Rate {
    /// Wrong passwords that are tried at once at most.
    burst: i64,
    /// One more may be tried each time this has passed, in ms.
    refill_ms: i64,
}

/// How many passwords may still be tried in this process.
#[derive(Debug, Default)]
pub struct Tries(Mutex<Books>);

#[derive(Debug, Default)]
struct Books {
    all: Bucket,
    of: BTreeMap<IpAddr, Bucket>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    /// Wrong tries that count, in ms of refill.
    debt_ms: i64,
    /// When that was so, on the monotonic clock.
    at_ms: i64,
}

impl Bucket {
    /// The same at this time.
    fn at(self, now_ms: i64) -> Self {
        let passed_ms = (now_ms - self.at_ms).max(0);
        Self { debt_ms: (self.debt_ms - passed_ms).max(0), at_ms: now_ms }
    }

    /// With one more try; else how long to wait for it, in ms.
    fn with_one(self, rate: Rate) -> Result<Self, i64> {
        let excess_ms = self.debt_ms + rate.refill_ms - rate.burst * rate.refill_ms;
        if excess_ms > 0 {
            return Err(excess_ms);
        }
        Ok(Self { debt_ms: self.debt_ms + rate.refill_ms, ..self })
    }

    fn without_one(self, rate: Rate) -> Self {
        Self { debt_ms: (self.debt_ms - rate.refill_ms).max(0), ..self }
    }
}

impl Tries {
    /// Takes one try of this network. Otherwise how long to wait for the next, in ms.
    pub fn take(&self, network: IpAddr, now_ms: i64) -> Result<(), i64> {
        let mut books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if books.of.len() >= NETWORKS && !books.of.contains_key(&network) {
            books.of.retain(|_, bucket| bucket.at(now_ms).debt_ms > 0);
        }
        let has_room = books.of.len() < NETWORKS;
        let one = match books.of.get(&network) {
            None if !has_room => None,
            known => Some(known.copied().unwrap_or_default().at(now_ms).with_one(OF_ONE)?),
        };
        books.all = books.all.at(now_ms).with_one(OF_ALL)?;
        books.of.extend(one.map(|bucket| (network, bucket)));
        Ok(())
    }

    /// Gives a try back: it was right.
    pub fn give_back(&self, network: IpAddr) {
        let mut books = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        books.all = books.all.without_one(OF_ALL);
        if let Some(bucket) = books.of.get_mut(&network) {
            *bucket = bucket.without_one(OF_ONE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::{IpAddr, NETWORKS, OF_ALL, OF_ONE, Tries};

    fn network(n: u32) -> IpAddr {
        Ipv4Addr::from(0x0a00_0000 + n).into()
    }

    #[test]
    fn wrong_passwords_run_out_and_come_back_slowly() {
        let (tries, one) = (Tries::default(), network(1));
        let refill_ms = OF_ONE.refill_ms;
        for _ in 0..OF_ONE.burst {
            tries.take(one, 1_000).unwrap();
        }
        assert_eq!(tries.take(one, 1_000), Err(refill_ms));
        assert_eq!(tries.take(one, 1_000 + refill_ms - 1), Err(1));
        tries.take(one, 1_000 + refill_ms).unwrap();
        assert_eq!(tries.take(one, 1_000 + refill_ms), Err(refill_ms));
        let later_ms = 1_000 + 100 * refill_ms;
        for _ in 0..OF_ONE.burst {
            tries.take(one, later_ms).unwrap();
        }
        assert!(tries.take(one, later_ms).is_err(), "a long pause saves no more than a burst");
    }

    #[test]
    fn who_guesses_keeps_nobody_else_out_and_all_together_have_an_end() {
        let tries = Tries::default();
        let guesses = (0..100).filter(|_| tries.take(network(1), 0).is_ok()).count();
        assert_eq!(guesses, OF_ONE.burst as usize);
        tries.take(network(2), 0).unwrap();
        tries.give_back(network(2));
        let others = (3..1_000).filter(|n| tries.take(network(*n), 0).is_ok()).count();
        assert_eq!(others, (OF_ALL.burst - OF_ONE.burst) as usize);
        assert_eq!(tries.take(network(2), 0), Err(OF_ALL.refill_ms));
        tries.take(network(2), OF_ALL.refill_ms).unwrap();
    }

    #[test]
    fn the_right_password_uses_nothing_up() {
        let tries = Tries::default();
        for _ in 0..10 * OF_ALL.burst {
            tries.take(network(1), 0).unwrap();
            tries.give_back(network(1));
        }
    }

    #[test]
    fn no_more_networks_are_remembered_than_there_is_room_for() {
        let tries = Tries::default();
        for n in 0..2 * NETWORKS as u32 {
            tries.take(network(n), i64::from(n) * OF_ALL.refill_ms).unwrap();
        }
        assert!(tries.0.lock().unwrap().of.len() <= NETWORKS);
    }
}
