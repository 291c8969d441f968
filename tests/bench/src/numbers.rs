//! Many measurements as a few numbers.

/// Measurements of one kind.
#[derive(Clone, Debug, Default)]
pub struct Numbers(Vec<f64>);

impl Numbers {
    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The smallest; NaN of none.
    pub fn least(&self) -> f64 {
        self.percentile(0.0)
    }

    /// The largest; NaN of none.
    pub fn most(&self) -> f64 {
        self.percentile(100.0)
    }

    /// The smallest that `percent` of them do not exceed; NaN of none.
    pub fn percentile(&self, percent: f64) -> f64 {
        let rank = (percent / 100.0 * self.0.len() as f64).ceil() as usize;
        self.0.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
    }
}

impl FromIterator<f64> for Numbers {
    fn from_iter<I: IntoIterator<Item = f64>>(numbers: I) -> Self {
        let mut numbers: Vec<f64> = numbers.into_iter().collect();
        numbers.sort_by(f64::total_cmp);
        Self(numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_measurements() {
        let numbers: Numbers = (1..=100).rev().map(f64::from).collect();
        let of = |percent| numbers.percentile(percent) as u32;
        assert_eq!([of(0.0), of(50.0), of(99.0), of(99.5), of(100.0)], [1, 50, 99, 100, 100]);
        assert!(Numbers::default().most().is_nan());
    }
}
