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

/// At most `most` characters of a text on one line; where something is left out, the last is an ellipsis.
#[must_use]
pub fn clip(text: &str, most: usize) -> String {
    let line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most.saturating_sub(1)).chain(['\u{2026}']).collect()
}

/// A text for XML, as content or as the value of an attribute. What XML 1.0 cannot say at all is left
/// out.
#[must_use]
pub fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(character),
            '\u{fffe}' | '\u{ffff}' => {}
            other if other.is_control() => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{clip, cut, xml};

    #[test]
    fn clips_to_characters() {
        for (text, most, expected) in [
            ("short", 5, "short"),
            ("longer", 5, "long\u{2026}"),
            ("ééééé", 5, "ééééé"),
            (" two\n lines\t", 9, "two lines"),
            ("", 0, ""),
        ] {
            assert_eq!(clip(text, most), expected, "{text:?}");
        }
    }

    #[test]
    fn nothing_breaks_out_of_xml() {
        let text =
            "<a b='c' d=\"e\">&amp;]]>\u{0}\u{8}\u{b}\u{1f}\u{7f}\u{85}\u{ffff}\r\n\tö\u{202e}";
        let expected = "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;amp;]]&gt;\n\tö\u{202e}";
        assert_eq!(xml(text), expected);
    }

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
