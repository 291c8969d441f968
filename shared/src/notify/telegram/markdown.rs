//! Telegram's legacy Markdown, in which templates are written, as its HTML: there a value can be
//! escaped wherever it stands, and in the former not inside of marks.
//!
//! Source: core.telegram.org/bots/api, Markdown style. Marks do not nest.

use super::super::fit::Unit;

/// The HTML of a template; what stands between braces stays as it is. A mark without its partner is
/// text, where Telegram would refuse the message.
pub(super) fn to_html(template: &str) -> String {
    let mut html = String::new();
    let mut rest = template;
    while let Some(c) = rest.chars().next() {
        let taken = tag(rest)
            .map(|tag| (tag.to_owned(), tag.len()))
            .or_else(|| escaped(rest))
            .or_else(|| marked(rest, "```", "pre"))
            .or_else(|| marked(rest, "`", "code"))
            .or_else(|| marked(rest, "*", "b"))
            .or_else(|| marked(rest, "_", "i"))
            .or_else(|| link(rest))
            .unwrap_or_else(|| (entity(c), c.len_utf8()));
        html.push_str(&taken.0);
        rest = &rest[taken.1..];
    }
    html
}

/// UTF-16 units of a text once Telegram has parsed it.
pub(super) fn shown_units(html: &str) -> usize {
    let mut shown = String::new();
    let mut rest = html;
    while let Some((before, tag)) = rest.split_once('<') {
        shown.push_str(before);
        rest = tag.split_once('>').map_or("", |(_, after)| after);
    }
    shown.push_str(rest);
    let shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
    Unit::Utf16.count(&shown.replace("&amp;", "&"))
}

/// A tag of the template at the beginning of `text`.
fn tag(text: &str) -> Option<&str> {
    let end = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")]
        .into_iter()
        .find_map(|(open, close)| text.starts_with(open).then(|| text.find(close)).flatten())?;
    Some(&text[..end + 2])
}

fn escaped(text: &str) -> Option<(String, usize)> {
    let mark = text.strip_prefix('\\')?.chars().next().filter(|c| "_*`[".contains(*c))?;
    Some((entity(mark), 2))
}

/// Text between two of a mark.
fn marked(text: &str, mark: &str, tag: &str) -> Option<(String, usize)> {
    let inner = text.strip_prefix(mark)?;
    let end = end_of(inner, mark)?;
    (end > 0).then(|| {
        let inside = inside(&inner[..end]);
        (format!("<{tag}>{inside}</{tag}>"), end + 2 * mark.len())
    })
}

/// `[text](address)`.
fn link(text: &str) -> Option<(String, usize)> {
    let inner = text.strip_prefix('[')?;
    let end = end_of(inner, "](")?;
    let address = &inner[end + 2..];
    let close = end_of(address, ")")?;
    let shown = inside(&inner[..end]);
    let href = inside(&address[..close]).replace('"', "&quot;");
    Some((format!("<a href=\"{href}\">{shown}</a>"), 1 + end + 2 + close + 1))
}

/// Where `mark` stands next, outside of the template's own tags.
fn end_of(text: &str, mark: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        if text[at..].starts_with(mark) {
            return Some(at);
        }
        at += tag(&text[at..]).map_or(c.len_utf8(), str::len);
    }
    None
}

/// What stands between marks: text, and tags of the template.
fn inside(text: &str) -> String {
    let mut html = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (piece, bytes) =
            tag(rest).map_or_else(|| (entity(c), c.len_utf8()), |tag| (tag.to_owned(), tag.len()));
        html.push_str(&piece);
        rest = &rest[bytes..];
    }
    html
}

fn entity(c: char) -> String {
    super::entities(c).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn legacy_markdown_becomes_html() {
        let rows = [
            ("*Service {{eventType}}*", "<b>Service {{eventType}}</b>", "bold around a value"),
            ("_a_ `b` ```c```", "<i>a</i> <code>b</code> <pre>c</pre>", "the other marks"),
            ("[Page]({{link}})", "<a href=\"{{link}}\">Page</a>", "a link"),
            ("a < b & *c", "a &lt; b &amp; *c", "a lonely mark is text"),
            (r"snake\_case \* x", "snake_case * x", "escaped marks"),
            ("{{ \"*\" }} *{{ a_b }}*", "{{ \"*\" }} <b>{{ a_b }}</b>", "tags are left alone"),
            ("a ** b", "a ** b", "nothing between marks"),
        ];
        for (markdown, html, what) in rows {
            assert_eq!(to_html(markdown), html, "{what}: {markdown}");
        }
    }

    #[test]
    fn markup_does_not_count() {
        assert_eq!(shown_units("<b>a&lt;</b>\u{1f525}"), 4);
    }
}
