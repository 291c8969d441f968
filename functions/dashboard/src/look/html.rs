//! `customHtml`: its style attributes move into the stylesheet, because the page's policy allows
//! no others.

use std::fmt::Write;

/// The HTML without style attributes, and rules that stand for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// The HTML; what had a style has `data-x` with a number.
    pub html: String,
    /// One rule per style.
    pub css: String,
}

/// Moves styles; numbers begin at `first`.
pub fn move_styles(html: &str, first: usize) -> Moved {
    let mut moved = Moved::default();
    let mut number = first;
    let mut rest = html;
    while let Some(open) = rest.find('<') {
        let (text, tag) = rest.split_at(open);
        moved.html.push_str(text);
        let length = tag_length(tag);
        let (tag, after) = tag.split_at(length);
        match style_of(tag) {
            Some((start, end, style)) => {
                let _ = write!(moved.html, "{}data-x=\"{number}\"{}", &tag[..start], &tag[end..]);
                let style = unescaped(style).replace(['{', '}', '<'], "");
                let _ = write!(moved.css, "[data-x=\"{number}\"]{{{style}}}");
                number += 1;
            }
            None => moved.html.push_str(tag),
        }
        rest = after;
    }
    moved.html.push_str(rest);
    moved
}

/// Bytes of the tag or comment at the beginning of `text`, quoted values included.
fn tag_length(text: &str) -> usize {
    if text.starts_with("<!--") {
        return text.find("-->").map_or(text.len(), |end| end + 3);
    }
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    text.len()
}

/// Where the style attribute begins and ends, and its value.
fn style_of(tag: &str) -> Option<(usize, usize, &str)> {
    if tag.starts_with("<!--") {
        return None;
    }
    let lower = tag.to_ascii_lowercase();
    let mut from = 0;
    while let Some(found) = lower[from..].find("style") {
        let start = from + found;
        from = start + "style".len();
        let before = tag[..start].chars().next_back()?;
        let value = tag[from..].trim_start().strip_prefix('=').map(str::trim_start);
        let is_quoted_before = tag[..start].matches('"').count() % 2 == 1;
        let Some(value) = value else { continue };
        if !(before.is_whitespace() || before == '/') || is_quoted_before {
            continue;
        }
        let offset = tag.len() - value.len();
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
        let (begin, length) = match quote {
            Some(quote) => (1, value[1..].find(quote)?),
            None => (0, value.find(|c: char| c.is_whitespace() || c == '>')?),
        };
        let end = offset + begin + length + usize::from(quote.is_some());
        return Some((start, end, &value[begin..begin + length]));
    }
    None
}

/// The few references that people write in style attributes.
fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_move_into_the_sheet() {
        let rows = [
            ("none", "<p class=\"x\">a &lt; b</p>", "<p class=\"x\">a &lt; b</p>", ""),
            (
                "double quotes",
                "<p style=\"color:red\" id=a>x</p>",
                "<p data-x=\"4\" id=a>x</p>",
                "[data-x=\"4\"]{color:red}",
            ),
            (
                "single quotes and spaces",
                "<B Style = 'margin:0'>x",
                "<B data-x=\"4\">x",
                "[data-x=\"4\"]{margin:0}",
            ),
            ("no quotes", "<b style=top:0>x", "<b data-x=\"4\">x", "[data-x=\"4\"]{top:0}"),
            (
                "a word in a value is no attribute",
                "<b title=\"a style=b\">",
                "<b title=\"a style=b\">",
                "",
            ),
            ("nor is one in text", "style=\"a\"", "style=\"a\"", ""),
            (
                "what would end the rule is taken out",
                "<b style=\"a:b}*{c:d</style>\">",
                "<b data-x=\"4\">",
                "[data-x=\"4\"]{a:b*c:d/style>}",
            ),
            (
                "a bracket in a value does not end the tag",
                "<b title='>' style='a:&quot;b&quot;'>",
                "<b title='>' data-x=\"4\">",
                "[data-x=\"4\"]{a:\"b\"}",
            ),
            ("a comment is left alone", "<!-- <b style=a:b> -->", "<!-- <b style=a:b> -->", ""),
            ("a tag without end", "<b style=\"a", "<b style=\"a", ""),
        ];
        for (why, html, expected, css) in rows {
            let moved = move_styles(html, 4);
            assert_eq!((moved.html.as_str(), moved.css.as_str()), (expected, css), "{why}");
        }
    }

    #[test]
    fn every_style_has_its_number() {
        let moved = move_styles("<a style=b:c></a><a style=d:e></a>", 0);
        assert_eq!(moved.html, "<a data-x=\"0\"></a><a data-x=\"1\"></a>");
        assert_eq!(moved.css, "[data-x=\"0\"]{b:c}[data-x=\"1\"]{d:e}");
    }
}
