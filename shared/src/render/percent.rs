//! Shares in percent, rounded down: what was not whole never shows as whole.

/// `99.95 %`: two decimals, rounded down; `100 %` and `0 %` only where they are exact. Beyond 0 to
/// 100 counts as the end of the scale.
#[must_use]
pub fn percent(value: f64) -> String {
    if value >= 100.0 {
        return "100 %".to_owned();
    }
    if value <= 0.0 || value.is_nan() {
        return "0 %".to_owned();
    }
    // 99.95 is stored as 99.9500000000000028 or a little less: a hair more than the error of the
    // representation keeps what was computed exactly from losing its last digit.
    let hundredths = ((value * 100.0 + 1e-7).floor() as i64).min(9_999);
    if hundredths == 0 {
        return "< 0.01 %".to_owned();
    }
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_never_flatter() {
        let rows = [
            ("whole is whole", 100.0, "100 %"),
            ("nearly whole is not whole", 99.999, "99.99 %"),
            ("not even within the error of a float", 100.0 - 1e-12, "99.99 %"),
            ("two decimals", 99.95, "99.95 %"),
            ("an exact value keeps its last digit", 100.0 * 9_995.0 / 10_000.0, "99.95 %"),
            ("and so do all others", 100.0 * 57.0 / 100.0, "57.00 %"),
            ("the third decimal is cut, not rounded", 99.949, "99.94 %"),
            ("little is not nothing", 0.004, "< 0.01 %"),
            ("one hundredth", 0.01, "0.01 %"),
            ("nothing is nothing", 0.0, "0 %"),
            ("less than nothing is nothing", -1.0, "0 %"),
            ("more than whole is whole", 100.1, "100 %"),
            ("not a number is nothing", f64::NAN, "0 %"),
        ];
        for (why, value, expected) in rows {
            assert_eq!(percent(value), expected, "{why}");
        }
    }

    #[test]
    fn every_hundredth_is_written_as_itself() {
        for hundredths in 1..10_000 {
            let value = 100.0 * f64::from(hundredths) / 10_000.0;
            let expected = format!("{}.{:02} %", hundredths / 100, hundredths % 100);
            assert_eq!(percent(value), expected);
        }
    }
}
