//! `customHtml`: its style attributes move into the stylesheet, because the page's policy allows
//! no others.

use std::fmt::Write;
use std::ops::Range;

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
        let Markup { length, style } = Markup::of(tag);
        let (tag, after) = tag.split_at(length);
        match style {
            Some(Style { span, value }) => {
                let (start, end) = (span.start, span.end);
                let _ = write!(moved.html, "{}data-x=\"{number}\"{}", &tag[..start], &tag[end..]);
                let style = unescaped(&tag[value]).replace(['{', '}', '<'], "");
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

/// What begins with `<`, as browsers read it (HTML, 13.2.5).
#[derive(Debug, Default, PartialEq, Eq)]
struct Markup {
    /// Bytes of it.
    length: usize,
    /// Its style attribute: the first one counts.
    style: Option<Style>,
}

/// Where a style attribute is.
#[derive(Debug, PartialEq, Eq)]
struct Style {
    /// With name and quotes.
    span: Range<usize>,
    /// What it says.
    value: Range<usize>,
}

impl Markup {
    fn of(text: &str) -> Self {
        let alone = |length| Self { length, style: None };
        let until = |end: &str| text.find(end).map_or(text.len(), |at| at + end.len());
        match text.as_bytes().get(1) {
            Some(byte) if byte.is_ascii_alphabetic() => Self::tag(text),
            // The end of an element may have attributes too, and they mean nothing.
            Some(b'/') if text[2..].starts_with(|next: char| next.is_ascii_alphabetic()) => {
                alone(Self::tag(text).length)
            }
            Some(b'!') if text.starts_with("<!-->") || text.starts_with("<!--->") => {
                alone(until(">"))
            }
            Some(b'!') if text.starts_with("<!--") => alone(until("-->").min(until("--!>"))),
            Some(b'!' | b'?' | b'/') => alone(until(">")),
            _ => alone(1),
        }
    }

    /// A tag with its attributes.
    fn tag(text: &str) -> Self {
        let bytes = text.as_bytes();
        let skip = |from: usize, is: &dyn Fn(u8) -> bool| {
            from + bytes[from..].iter().take_while(|byte| is(**byte)).count()
        };
        let is_end = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
        let mut style = None;
        let mut at = skip(2, &|byte| !is_end(byte));
        loop {
            at = skip(at, &|byte| byte.is_ascii_whitespace() || byte == b'/');
            match bytes.get(at) {
                None => return Self { length: text.len(), style: None },
                Some(b'>') => return Self { length: at + 1, style },
                Some(_) => {}
            }
            // A name may begin with `=`.
            let name = at..skip(at + 1, &|byte| !is_end(byte) && byte != b'=');
            at = skip(name.end, &|byte| byte.is_ascii_whitespace());
            let mut value = name.end..name.end;
            let mut end = name.end;
            if bytes.get(at) == Some(&b'=') {
                at = skip(at + 1, &|byte| byte.is_ascii_whitespace());
                value = match bytes.get(at).copied() {
                    Some(quote @ (b'"' | b'\'')) => at + 1..skip(at + 1, &|byte| byte != quote),
                    _ => at..skip(at, &|byte| !byte.is_ascii_whitespace() && byte != b'>'),
                };
                end = (value.end + usize::from(value.start > at)).min(text.len());
                at = end;
            }
            if style.is_none() && text[name.clone()].eq_ignore_ascii_case("style") {
                style = Some(Style { span: name.start..end, value });
            }
        }
    }
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
            (
                "a quote of the other kind in a value opens nothing",
                "<img title='x style=\"' alt=\"' onerror=a '\">",
                "<img title='x style=\"' alt=\"' onerror=a '\">",
                "",
            ),
            (
                "nor does one in a value without quotes",
                "<b title=a'b><i style='c:d' title='>'>",
                "<b title=a'b><i data-x=\"4\" title='>'>",
                "[data-x=\"4\"]{c:d}",
            ),
            (
                "less than",
                "1 < 2 style=a > <b/style=c:d>",
                "1 < 2 style=a > <b/data-x=\"4\">",
                "[data-x=\"4\"]{c:d}",
            ),
            ("an end", "<b></b style=c:d>", "<b></b style=c:d>", ""),
            (
                "a short comment",
                "<!--><b style=c:d>",
                "<!--><b data-x=\"4\">",
                "[data-x=\"4\"]{c:d}",
            ),
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
