//! The module that makes pages live, under an address that changes with its content.

mod squeeze;

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use sha2::{Digest, Sha256};

use self::squeeze::squeezed;
use crate::tag::{Tag, not_modified};

const SOURCE: &str = include_str!("../templates/app.js");

/// The module as visitors get it.
static SCRIPT: LazyLock<String> = LazyLock::new(|| squeezed(SOURCE));

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

    #[test]
    fn the_module_is_small_and_loads_nothing_from_elsewhere() {
        assert!(SCRIPT.len() <= 12 * 1_024, "{} bytes", SCRIPT.len());
        for forbidden in ["http://", "https://", "import ", "eval(", "innerHTML", "document.write"]
        {
            assert!(!SCRIPT.contains(forbidden), "{forbidden}");
        }
    }
}
