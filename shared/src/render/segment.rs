//! A text as one segment of a path, for every road to us.
//!
//! An HTTP API of AWS decodes a path before a function sees it, a Function URL and the local server do
//! not. What would not survive being decoded twice is encoded twice, and who looks for the text tries
//! what the path says first, then what that stands for.

use std::borrow::Cow;
use std::fmt::Write as _;

use percent_encoding::percent_decode_str;

/// What ends or changes a path if it is decoded too early.
const FRAGILE: &[u8] = b"/?%";

/// The segment for `text`, in which bytes that are not plain are encoded.
#[must_use]
pub fn segment(text: &str, is_plain: impl Fn(u8) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let _ = match byte {
            _ if FRAGILE.contains(&byte) => write!(out, "%25{byte:02X}"),
            _ if is_plain(byte) => write!(out, "{}", char::from(byte)),
            _ => write!(out, "%{byte:02X}"),
        };
    }
    out
}

/// The text that a path says, which was decoded once or twice: as it is if that is known, else decoded
/// once more.
pub fn said(path: &str, is_known: impl Fn(&str) -> bool) -> Cow<'_, str> {
    if is_known(path) {
        return Cow::Borrowed(path);
    }
    percent_decode_str(path).decode_utf8().unwrap_or(Cow::Borrowed(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_however_often_it_is_decoded_on_the_way() {
        for text in
            ["api", "team/api", "a%41", "100%", "what?", "two words", "%2F", "é/%25?", "a.b_c"]
        {
            let link = segment(text, |byte| byte.is_ascii_alphanumeric());
            let decode = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
            let kept = decode(&link);
            let decoded = decode(&kept);
            assert!(!kept.contains(['/', '?']), "{kept} is one segment");
            assert_eq!(said(&kept, |id| id == text), text, "a Function URL, and {link}");
            assert_eq!(said(&decoded, |id| id == text), text, "an HTTP API, and {link}");
        }
    }

    #[test]
    fn what_is_known_as_it_stands_is_not_decoded() {
        assert_eq!(said("a%41", |id| id == "a%41"), "a%41");
        assert_eq!(said("a%41", |_| false), "aA");
        assert_eq!(said("100%", |_| false), "100%");
        assert_eq!(said("%FF", |_| false), "%FF");
    }
}
