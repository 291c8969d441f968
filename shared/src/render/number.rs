//! Numbers as JSON.

use serde_json::{Number, Value};

/// A number without a fraction that it does not have: `100`, not `100.0`. What is no finite number
/// becomes null.
#[must_use]
pub fn plain(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return (value as i64).into();
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// Milliseconds as seconds, with the fraction that they have.
#[must_use]
pub fn seconds(ms: i64) -> Value {
    plain(ms as f64 / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_short_as_it_is() {
        for (sentence, value, expected) in [
            ("a whole number has no point", plain(100.0), "100"),
            ("a fraction stays", plain(99.5), "99.5"),
            ("what is no number", plain(f64::NAN), "null"),
            ("what never ends", plain(f64::INFINITY), "null"),
            ("whole seconds", seconds(86_400_000), "86400"),
            ("milliseconds", seconds(1_041), "1.041"),
        ] {
            assert_eq!(value.to_string(), expected, "{sentence}");
        }
    }
}
