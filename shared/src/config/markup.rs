//! `customHtml` and `customCss`: what of them may become part of the page.

use std::collections::BTreeSet;

use html5gum::{StartTag, Token, Tokenizer};

use super::looks::{Use, check_address};
use super::reader::quoted;

/// Elements that show something and do nothing. Others change how a browser reads what follows
/// them (`svg`, `textarea`), so that checking tag by tag is sound only without them.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "menu",
    "meter",
    "nav",
    "ol",
    "p",
    "picture",
    "pre",
    "progress",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "search",
    "section",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "wbr",
];

/// Elements without an end.
const VOID: &[&str] = &["br", "col", "hr", "img", "source", "wbr"];

/// Elements whose end browsers find by themselves.
const ENDS_BY_ITSELF: &[&str] = &[
    "caption", "colgroup", "dd", "dt", "li", "p", "rp", "rt", "tbody", "td", "tfoot", "th",
    "thead", "tr",
];

/// Attributes that hold an address.
const ADDRESSES: &[(&str, Use)] = &[
    ("action", Use::Link),
    ("background", Use::Picture),
    ("cite", Use::Link),
    ("formaction", Use::Link),
    ("href", Use::Link),
    ("longdesc", Use::Link),
    ("ping", Use::Link),
    ("poster", Use::Picture),
    ("src", Use::Picture),
    ("xlink:href", Use::Link),
];

/// What is wrong with a piece of HTML, one sentence each, and what is odd.
#[derive(Default)]
pub(super) struct Findings {
    /// What must not become part of the page.
    pub(super) errors: BTreeSet<String>,
    /// What would look other than meant.
    pub(super) oddities: BTreeSet<String>,
}

/// Judges HTML that is put into the page as it is.
pub(super) fn judge_html(html: &str) -> Findings {
    let mut findings = Findings::default();
    let mut open: Vec<String> = Vec::new();
    for Ok(token) in Tokenizer::new(html) {
        match token {
            Token::StartTag(tag) => {
                let name = text(&tag.name);
                judge_tag(&name, &tag, &mut findings);
                if !VOID.contains(&name.as_str()) {
                    open.push(name);
                }
            }
            Token::EndTag(tag) => close(&text(&tag.name), &mut open, &mut findings),
            Token::Doctype(_) => {
                findings.errors.insert("must have no doctype: it is a part of a page".to_owned());
            }
            // Whatever comes next in the page would belong to it.
            Token::Error(error) if error.value.as_str().starts_with("eof-") => {
                let sentence = "ends within a tag or a comment, and so would swallow the page";
                findings.errors.insert(sentence.to_owned());
            }
            _ => {}
        }
    }
    for name in open.iter().filter(|name| !ENDS_BY_ITSELF.contains(&name.as_str())) {
        findings.oddities.insert(format!("<{name}> is never closed"));
    }
    findings
}

/// Judges CSS that is put into a style element as it is.
pub(super) fn check_css(css: &str) -> Result<(), &'static str> {
    if css.to_ascii_lowercase().contains("</style") {
        return Err("must have no </style>: it would end the page's style sheet");
    }
    Ok(())
}

fn judge_tag(name: &str, tag: &StartTag<()>, findings: &mut Findings) {
    if !ELEMENTS.contains(&name) {
        findings.errors.insert(refusal(name));
        return;
    }
    for (key, value) in &tag.attributes {
        let (key, value) = (text(key), text(value));
        if let Err(sentence) = check_attribute(&key, &value) {
            findings.errors.insert(format!("<{name} {}>: {sentence}", shown(&key)));
        }
    }
}

fn check_attribute(key: &str, value: &str) -> Result<(), &'static str> {
    if key.starts_with("on") {
        return Err("event handlers are not allowed: nothing in customHtml runs");
    }
    match key {
        "srcdoc" => Err("pages within the page are not allowed"),
        "srcset" | "imagesrcset" => {
            srcset(value).try_for_each(|url| check_address(url, Use::Picture))
        }
        _ => match ADDRESSES.iter().find(|(name, _)| *name == key) {
            Some((_, usage)) => check_address(value, *usage),
            None => Ok(()),
        },
    }
}

/// The addresses of a `srcset`; a `data:` with a comma in it does not count as one.
fn srcset(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').filter_map(|candidate| candidate.split_ascii_whitespace().next())
}

fn close(name: &str, open: &mut Vec<String>, findings: &mut Findings) {
    if VOID.contains(&name) || !ELEMENTS.contains(&name) {
        return;
    }
    if let Some(at) = open.iter().rposition(|opened| opened == name) {
        open.truncate(at);
    } else {
        let sentence = format!("</{name}> ends what was not begun here, and so parts of the page");
        findings.oddities.insert(sentence);
    }
}

fn refusal(name: &str) -> String {
    let why = match name {
        "script" | "noscript" => "nothing in customHtml runs",
        "style" | "link" => "put styles into customCss",
        "svg" | "math" => "put the picture into a file and show it by <img src=\"...\">",
        "html" | "head" | "body" | "title" | "meta" | "base" => "it is a part of a page",
        "iframe" | "frame" | "frameset" | "object" | "embed" | "applet" | "portal" => {
            "pages within the page are not allowed"
        }
        "form" | "input" | "button" | "select" | "textarea" => "the page sends nothing; use a link",
        _ => "it is not one of the elements that only show something",
    };
    format!("<{}> is not allowed: {why}", shown(name))
}

/// A name from the file, short and in one line.
fn shown(name: &str) -> String {
    let is_plain = name.len() <= 40 && name.chars().all(|c| c.is_ascii_graphic());
    if is_plain { name.to_owned() } else { quoted(name) }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
