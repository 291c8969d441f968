//! The module that makes pages live, under an address that changes with its content.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

const SOURCE: &str = include_str!("../templates/app.js");

/// The module as visitors get it: without comments, indentation, and ends of lines that mean nothing.
static SCRIPT: LazyLock<String> = LazyLock::new(|| {
    let lines = SOURCE.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with("//")).fold(
        String::with_capacity(SOURCE.len()),
        |text, line| {
            let end = if line.ends_with([';', '{', ',']) { "" } else { "\n" };
            text + line + end
        },
    )
});

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
    let tag = HeaderValue::try_from(format!("\"{}\"", version()))
        .expect("hexadecimal digits between quotes are a header value");
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|seen| {
        seen.to_str().is_ok_and(|seen| tag.to_str().is_ok_and(|tag| seen.contains(tag)))
    });
    let mut response = if known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT.as_str())
            .into_response()
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Else the code after it would become part of the comment.
    #[test]
    fn comments_have_lines_of_their_own() {
        for line in SOURCE.lines().filter(|line| !line.trim_start().starts_with("//")) {
            assert!(!line.contains(" // ") && !line.contains(";//"), "{line}");
            assert_eq!(line.matches('`').count() % 2, 0, "a text over two lines: {line}");
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
