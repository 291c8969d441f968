//! Texts with instants in them: those are told in the zone of whoever reads them.

use flatline_shared::render::time::{parse_rfc3339, utc};
use serde::Serialize;

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Piece {
    /// What is written; of an instant in UTC to the second.
    pub text: String,
    /// RFC 3339, of an instant.
    pub iso: Option<String>,
}

/// The shortest instant that is looked for, `2026-01-01T00:00:00Z`, in bytes.
const SHORTEST: usize = 20;

/// The longest one, with nine decimals.
const LONGEST: usize = 30;

/// The parts of a text, in order. Only RFC 3339 in UTC counts as an instant.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut told, mut at) = (0, 0);
    while let Some(found) = text[at..].find(|character: char| character.is_ascii_digit()) {
        let start = at + found;
        let rest = &text[start..];
        if let Some(length) = instant(rest) {
            pieces.extend(plain(&text[told..start]));
            pieces.extend(exact(&rest[..length]));
            told = start + length;
            at = told;
        } else {
            // The next number begins after this one.
            let end = rest.find(|character: char| !character.is_ascii_digit());
            at = end.map_or(text.len(), |end| start + end);
        }
    }
    pieces.extend(plain(&text[told..]));
    pieces
}

fn plain(text: &str) -> Option<Piece> {
    (!text.is_empty()).then(|| Piece { text: text.to_owned(), iso: None })
}

fn exact(iso: &str) -> Option<Piece> {
    parse_rfc3339(iso).map(|at| Piece { text: utc(at), iso: Some(iso.to_owned()) })
}

/// Bytes of the instant that the text begins with.
fn instant(text: &str) -> Option<usize> {
    let end = text.bytes().take(LONGEST).position(|byte| byte == b'Z')? + 1;
    let is_long = end >= SHORTEST && text.as_bytes()[10] == b'T';
    (is_long && parse_rfc3339(&text[..end]).is_some()).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Why, the text, and its pieces: what is written, and whether that is an instant.
    type Row = (&'static str, &'static str, &'static [(&'static str, bool)]);

    #[test]
    fn instants_are_found_and_the_rest_stays_as_it_is() {
        let rows: [Row; 8] = [
            ("nothing", "", &[]),
            ("none", "5 of 10 disks, 2026-11-23", &[("5 of 10 disks, 2026-11-23", false)]),
            (
                "two",
                "down since 2026-11-23T01:02:03.456Z: heard at 2026-11-23T00:57:03Z.",
                &[
                    ("down since ", false),
                    ("2026-11-23 01:02:03 UTC", true),
                    (": heard at ", false),
                    ("2026-11-23 00:57:03 UTC", true),
                    (".", false),
                ],
            ),
            ("alone", "2026-11-23T00:57:03Z", &[("2026-11-23 00:57:03 UTC", true)]),
            ("no such day", "at 2026-02-30T00:57:03Z", &[("at 2026-02-30T00:57:03Z", false)]),
            (
                "another zone is left as it is",
                "at 2026-11-23T00:57:03+01:00",
                &[("at 2026-11-23T00:57:03+01:00", false)],
            ),
            ("cut off", "at 2026-11-23T00:57", &[("at 2026-11-23T00:57", false)]),
            (
                "characters of more than one byte",
                "é1é2026-11-23T00:57:03Zé",
                &[("é1é", false), ("2026-11-23 00:57:03 UTC", true), ("é", false)],
            ),
        ];
        for (why, text, expected) in rows {
            let pieces = pieces(text);
            let found: Vec<_> =
                pieces.iter().map(|piece| (piece.text.as_str(), piece.iso.is_some())).collect();
            assert_eq!(found, expected, "{why}");
        }
    }
}
