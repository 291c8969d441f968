//! Addresses of our own pages.

use std::fmt::Write;

/// The page of a service, from the root on.
pub fn service(id: &str) -> String {
    format!("services/{}", segment(id))
}

/// One segment of a path, whatever is in it.
pub fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_segment() {
        assert_eq!(service("web-1.example_a~b"), "services/web-1.example_a~b");
        assert_eq!(service("a/b c?\"<é"), "services/a%2Fb%20c%3F%22%3C%C3%A9");
    }
}
