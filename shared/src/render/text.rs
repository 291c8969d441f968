//! Cutting text to size.

/// The longest beginning of `text` that has at most `max_bytes` bytes and ends between characters.
#[must_use]
pub fn cut(text: &str, max_bytes: usize) -> &str {
    let mut end = max_bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn cuts_between_characters() {
        for (text, max_bytes, expected, sentence) in [
            ("short", 10, "short", "what fits stays"),
            ("abcdef", 3, "abc", "what is too long is cut"),
            ("aé", 2, "a", "a character is never cut in two"),
            ("é", 0, "", "nothing fits into nothing"),
        ] {
            assert_eq!(cut(text, max_bytes), expected, "{sentence}");
        }
    }
}
