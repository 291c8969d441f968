//! Addresses of our own pages.

/// The page of a service, from the root on.
pub fn service(id: &str) -> String {
    format!("services/{}", segment(id))
}

/// One segment of a path, whatever is in it.
pub fn segment(text: &str) -> String {
    flatline_shared::render::segment::segment(text, is_plain)
}

/// A value in a query.
pub fn value(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_segment() {
        assert_eq!(service("web-1.example_a~b"), "services/web-1.example_a~b");
        assert_eq!(service("a/b c?\"<é"), "services/a%252Fb%20c%253F%22%3C%C3%A9");
    }
}
