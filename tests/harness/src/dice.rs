//! Chance that can be repeated: the same seed draws the same numbers.

/// SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>).
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The dice number `n` of this seed, independent of the others.
    #[must_use]
    pub fn fork(&self, n: u64) -> Self {
        let mut seed = Self(self.0 ^ n.wrapping_mul(0xd1b5_4a32_d192_ed03));
        Self(seed.draw())
    }

    /// Any number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `least` up to, not including, `end`.
    pub fn between(&mut self, least: u64, end: u64) -> u64 {
        least + self.draw() % (end - least).max(1)
    }

    /// `true` once in `n` times.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.between(0, n) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_draws_the_same_again_and_forks_differ() {
        let draws = |mut dice: Dice| [(); 4].map(|()| dice.between(10, 20));
        let dice = Dice::new(7);
        assert_eq!(draws(dice.clone()), draws(Dice::new(7)));
        assert_ne!(draws(dice.fork(1)), draws(dice.fork(2)));
        assert!(draws(dice).iter().all(|drawn| (10..20).contains(drawn)));
    }
}
