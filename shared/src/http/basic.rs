//! `Authorization: Basic`, for tools that take a password where others take a token.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, header};

/// The password; the name beside it may be any. `None`: there is none.
pub(super) fn password(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (_, password) = decoded.split_once(':')?;
    Some(password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_what_follows_the_first_colon() {
        for (sentence, value, expected) in [
            ("a name and a password", "Basic Z3JhZmFuYTprZXk=", Some("key")),
            ("the scheme in another case", "basic Z3JhZmFuYTprZXk=", Some("key")),
            ("no name", "Basic OmtleQ==", Some("key")),
            ("a colon in it", "Basic YTpiOmM=", Some("b:c")),
            ("no colon", "Basic a2V5", None),
            ("no base64", "Basic key", None),
            ("no text", "Basic /zr/", None),
            ("another scheme", "Bearer Z3JhZmFuYTprZXk=", None),
            ("nothing", "", None),
        ] {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            assert_eq!(password(&headers).as_deref(), expected, "{sentence}");
        }
    }
}
