//! The module that makes pages live, under an address that changes with its content.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use sha2::{Digest, Sha256};

use crate::tag::{Tag, not_modified};

const SOURCE: &str = include_str!("../templates/app.js");

/// Beside these a space means nothing.
const MARKS: &str = "=+-*/<>?:&|,;{}()[]!%";

/// The module as visitors get it: without comments, and spaces and ends of lines that mean nothing.
static SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let lines = SOURCE.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with("//")).fold(
        String::with_capacity(SOURCE.len()),
        |text, line| {
            let end = if line.ends_with([';', '{', ',', '(']) { "" } else { "\n" };
            text + &squeezed(line) + end
        },
    )
});

/// A line without the spaces that mean nothing; those in texts stay.
fn squeezed(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut quote = None;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let is_mark = |other: Option<char>| other.is_some_and(|other| MARKS.contains(other));
        let is_idle = is_mark(out.chars().next_back()) || is_mark(characters.peek().copied());
        match quote {
            None if character == ' ' && is_idle => continue,
            None if "\"'`".contains(character) => quote = Some(character),
            Some(open) if open == character => quote = None,
            _ => {}
        }
        out.push(character);
    }
    out
}

/// Where the module is, with its version.
pub fn script_address() -> String {
    format!("app.js?v={}", version())
}

/// The beginning of its hash, in hexadecimal.
fn version() -> String {
    let hash = Sha256::digest(SCRIPT.as_bytes());
    hash[..8].iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// `GET /app.js`: the same for ever under the address that pages name.
pub async fn script(headers: HeaderMap) -> Response {
    let tag = Tag::of(&*SCRIPT);
    let response = if tag.is_known(&headers) {
        not_modified()
    } else {
        ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT.as_str())
            .into_response()
    };
    tag.on(response, "public, max-age=31536000, immutable")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Else the code after it would become part of the comment, or a space of a text would be lost.
    #[test]
    fn the_source_is_written_so_that_it_can_be_squeezed() {
        for line in SOURCE.lines().filter(|line| !line.trim_start().starts_with("//")) {
            assert!(!line.contains(" // ") && !line.contains(";//"), "{line}");
            for quote in ['`', '"'] {
                assert_eq!(line.matches(quote).count() % 2, 0, "a text over two lines: {line}");
            }
            assert!(!line.contains('\'') && !line.contains("\\\""), "a text in a text: {line}");
            let texts = line.split('`').skip(1).step_by(2);
            for text in texts {
                assert_eq!(text.matches('{').count(), text.matches('}').count(), "nested: {line}");
            }
            assert!(!line.contains("+ +") && !line.contains("- -"), "{line}");
        }
    }

    #[test]
    fn spaces_go_where_they_mean_nothing() {
        let rows = [
            ("const a = (b) => { return b ? 1 : -2; };", "const a=(b)=>{return b?1:-2;};"),
            (r#"tell(a, "1 + 1", `= ${b} %`);"#, r#"tell(a,"1 + 1",`= ${b} %`);"#),
            ("for (const x of xs) y in z;", "for(const x of xs)y in z;"),
        ];
        for (line, expected) in rows {
            assert_eq!(squeezed(line), expected);
        }
    }

    #[test]
    fn the_module_is_small_and_loads_nothing_from_elsewhere() {
        assert!(SCRIPT.len() <= 12 * 1_024, "{} bytes", SCRIPT.len());
        for forbidden in ["http://", "https://", "import ", "eval(", "innerHTML", "document.write"]
        {
            assert!(!SCRIPT.contains(forbidden), "{forbidden}");
        }
    }
}
