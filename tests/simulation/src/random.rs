//! Chance, from the seed alone.

/// A stream of numbers that depends on nothing but a seed and the stream's name: drawing more from one
/// changes nothing in another.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The stream of this name.
    pub fn of(seed: u64, stream: &str) -> Self {
        let mut random = Self { state: hash(stream.as_bytes()) ^ mixed(seed) };
        random.draw();
        random
    }

    /// The next number (SplitMix64, <https://prng.di.unimi.it/splitmix64.c>).
    pub fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.state)
    }

    /// A number from `least` to `most`, both included.
    pub fn range(&mut self, least: i64, most: i64) -> i64 {
        let span = (most - least).max(0) as u64 + 1;
        least + (self.draw() % span) as i64
    }

    /// True in so many of a hundred cases.
    pub fn chance(&mut self, percent: i64) -> bool {
        self.range(1, 100) <= percent
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.range(0, among.len() as i64 - 1) as usize]
    }
}

const fn mixed(state: u64) -> u64 {
    let mut z = state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// FNV-1a, 64 bit.
pub fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
