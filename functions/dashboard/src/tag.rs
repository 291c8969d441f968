//! Answers that are not sent again to whoever has them: entity tags (RFC 9110, 8.8.3 and 13.1.2).

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};

/// What an answer is made of, in a number. Weak: how it is compressed does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(HeaderValue);

impl Tag {
    /// The tag of what hashes like this. The same in every process of one build.
    pub fn of(content: &impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        (env!("CARGO_PKG_VERSION"), content).hash(&mut hasher);
        let text = format!("W/\"{:016x}\"", hasher.finish());
        Self(HeaderValue::try_from(text).expect("hexadecimal digits between quotes are ASCII"))
    }

    /// Whether the request says that it has this answer.
    pub fn is_known(&self, headers: &HeaderMap) -> bool {
        let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        let ours = strong(self.0.to_str().unwrap_or_default());
        let given = headers.get_all(header::IF_NONE_MATCH).iter();
        given
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .any(|tag| tag.trim() == "*" || strong(tag) == ours)
    }

    /// The answer with its tag, and for how long it may be kept.
    pub fn on(&self, mut response: Response, caching: &'static str) -> Response {
        let headers = response.headers_mut();
        headers.insert(header::ETAG, self.0.clone());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        response
    }
}

/// 304: whoever asked has it.
pub fn not_modified() -> Response {
    StatusCode::NOT_MODIFIED.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_recognized() {
        let tag = Tag::of(&"page");
        let text = tag.0.to_str().unwrap().to_owned();
        let other = Tag::of(&"another").0.to_str().unwrap().to_owned();
        for (sentence, given, known) in [
            ("the same", text.clone(), true),
            ("as a strong one", text.trim_start_matches("W/").to_owned(), true),
            ("among others", format!("{other}, {text}"), true),
            ("anything", "*".to_owned(), true),
            ("another one", other.clone(), false),
            ("a part of it", text[..8].to_owned(), false),
            ("nothing", String::new(), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, given.parse().unwrap());
            assert_eq!(tag.is_known(&headers), known, "{sentence}: {given}");
        }
        assert!(!tag.is_known(&HeaderMap::new()));
    }
}
