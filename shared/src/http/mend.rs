//! JSON that keeps to the grammar and still has no value here, put into words that have one.

use serde::de::IgnoredAny;
use serde_json::Value;

/// The length of an escape like `\ud83d`, in bytes.
const UNIT_BYTES: usize = 6;

/// The text with every half of a surrogate pair that stands alone as U+FFFD, and every number that is
/// out of range as the string of its digits. What is no JSON stays none.
pub(super) fn mended(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.bytes().next() {
        let is_string = first == b'"';
        let is_number = starts_number(char::from(first));
        let length = if is_string {
            string_bytes(rest)
        } else if is_number {
            rest.find(|next: char| !continues_number(next)).unwrap_or(rest.len())
        } else {
            rest.find(|next| next == '"' || starts_number(next)).unwrap_or(rest.len())
        };
        let (token, after) = rest.split_at(length);
        if is_string {
            push_string(&mut mended, token);
        } else if is_number && is_out_of_range(token) {
            mended.extend(["\"", token, "\""]);
        } else {
            mended.push_str(token);
        }
        rest = after;
    }
    mended
}

const fn starts_number(next: char) -> bool {
    matches!(next, '-' | '0'..='9')
}

const fn continues_number(next: char) -> bool {
    matches!(next, '-' | '+' | '.' | 'e' | 'E' | '0'..='9')
}

/// Skipping looks at the grammar only, reading also at the range.
fn is_out_of_range(token: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(token).is_ok()
        && serde_json::from_str::<Value>(token).is_err()
}

/// From the quote that the text begins with to the one that ends the string, or to the end.
fn string_bytes(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn push_string(mended: &mut String, token: &str) {
    let mut rest = token;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let next = escape.get(UNIT_BYTES..).and_then(unit);
        let (is_alone, length) = match (unit(escape), next) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (false, 2 * UNIT_BYTES),
            (Some(0xd800..=0xdfff), _) => (true, UNIT_BYTES),
            _ => (false, escape.chars().take(2).map(char::len_utf8).sum()),
        };
        let (kept, after) = escape.split_at(length);
        mended.push_str(if is_alone { "\\ufffd" } else { kept });
        rest = after;
    }
    mended.push_str(rest);
}

/// The UTF-16 unit of the escape that the text begins with.
fn unit(text: &str) -> Option<u16> {
    u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_value_is_put_into_words() {
        for (sentence, text, expected) in [
            ("the first half alone", r#""a\ud83d""#, r#""a\ufffd""#),
            ("the second half alone", r#""\uDE00!""#, r#""\ufffd!""#),
            ("the halves in the wrong order", r#""\ude00\ud83d""#, r#""\ufffd\ufffd""#),
            (
                "two first halves, then a second",
                r#""\ud83d\ud83d\ude00""#,
                r#""\ufffd\ud83d\ude00""#,
            ),
            ("half of a key", r#"{"\ud83d":1}"#, r#"{"\ufffd":1}"#),
            ("a pair stays", r#""\ud83d\ude00""#, r#""\ud83d\ude00""#),
            ("an escaped backslash is no escape", r#""\\ud83d""#, r#""\\ud83d""#),
            ("an escaped quote ends nothing", r#""\"\ud83d 1e999""#, r#""\"\ufffd 1e999""#),
            ("another letter stays", r#""\u00e4\n""#, r#""\u00e4\n""#),
            ("too large", "[1e999,-1E+400]", r#"["1e999","-1E+400"]"#),
            ("numbers that fit stay", "[0,-1.5e3,1e-999]", "[0,-1.5e3,1e-999]"),
            ("digits in strings are text", r#"{"1e999":"1e999"}"#, r#"{"1e999":"1e999"}"#),
            ("what is no number stays none", "[01e999,1.e999,-]", "[01e999,1.e999,-]"),
            ("a cut string stays cut", r#"["\ud8"#, r#"["\ud8"#),
            ("an escape of nothing", r#""\"#, r#""\"#),
            ("an escape of another letter", "\"\\\u{e4}1\"", "\"\\\u{e4}1\""),
            ("names and marks stay", "[true,\u{e4}null]", "[true,\u{e4}null]"),
        ] {
            assert_eq!(mended(text), expected, "{sentence}");
        }
    }

    #[test]
    fn a_number_of_many_digits_is_out_of_range_too() {
        let digits = "9".repeat(400);
        assert_eq!(mended(&digits), format!("\"{digits}\""));
    }
}
