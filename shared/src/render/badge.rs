//! A badge: a label and what is said of it, as an SVG for pages of others.

use std::fmt::Write;

use super::text::{clip, xml};

/// Characters of a text that are shown.
const SHOWN: usize = 60;

/// Height and the room beside a text, in px.
const HEIGHT: f64 = 20.0;
const GAP: f64 = 6.0;

/// Behind the label.
const LABEL_COLOR: &str = "#414a54";

/// What a badge says.
#[derive(Clone, Copy, Debug)]
pub struct Badge<'a> {
    /// On the left.
    pub label: &'a str,
    /// On the right.
    pub message: &'a str,
    /// Behind the message, as `#rrggbb`.
    pub color: &'a str,
    /// The message's colour, as `#rrggbb`.
    pub ink: &'a str,
}

/// The badge as SVG. Whatever stands in its texts stays text.
#[must_use]
pub fn svg(badge: &Badge<'_>) -> String {
    let [label, message] = [badge.label, badge.message].map(|text| clip(text, SHOWN));
    let (left, right) = (room(&label), room(&message));
    let (whole, height) = (left + right, HEIGHT);
    let [label_xml, message_xml] = [&label, &message].map(|text| xml(text));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{whole}\" height=\"{height}\" \
         role=\"img\" aria-label=\"{label_xml}: {message_xml}\">\
         <title>{label_xml}: {message_xml}</title>\
         <clipPath id=\"r\"><rect width=\"{whole}\" height=\"{height}\" rx=\"3\"/></clipPath>\
         <g clip-path=\"url(#r)\"><rect width=\"{left}\" height=\"{height}\" fill=\"{LABEL_COLOR}\"/>\
         <rect x=\"{left}\" width=\"{right}\" height=\"{height}\" fill=\"{}\"/></g>\
         <g font-family=\"Verdana,DejaVu Sans,sans-serif\" font-size=\"11\">",
        xml(badge.color)
    );
    for (x, ink, text, width) in
        [(GAP, "#fff", label_xml, left), (left + GAP, badge.ink, message_xml, right)]
    {
        let (ink, length) = (xml(ink), width - 2.0 * GAP);
        let _ = write!(
            svg,
            "<text x=\"{x}\" y=\"14\" fill=\"{ink}\" textLength=\"{length}\">{text}</text>"
        );
    }
    svg + "</g></svg>\n"
}

/// How wide a text is with the room beside it, in whole px.
fn room(text: &str) -> f64 {
    (text.chars().map(width).sum::<f64>() + 2.0 * GAP).ceil()
}

/// About how wide a character is in Verdana of 11 px. `textLength` makes up for the difference.
fn width(character: char) -> f64 {
    match character {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '|' | '\'' | '!' => 3.9,
        ' ' | 'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '/' | '-' => 4.6,
        // Wide scripts are as wide as they are high.
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '\u{1100}'.. => 11.0,
        'A'..='Z' => 8.0,
        ' '..='~' => 6.9,
        _ => 7.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_badge_is_drawn() {
        let badge = Badge { label: "API", message: "up", color: "#0a7448", ink: "#ffffff" };
        insta::assert_snapshot!(svg(&badge));
    }

    #[test]
    fn texts_stay_texts() {
        let badge = Badge {
            label: "</title><script>alert(1)</script>\u{0}\u{b}",
            message: "\" onload=\"alert(1)",
            color: "#0a7448",
            ink: "#ffffff",
        };
        let svg = svg(&badge);
        assert!(!svg.contains("<script"), "{svg}");
        assert!(!svg.contains("\" onload"), "{svg}");
        assert!(svg.contains("&lt;/title&gt;&lt;script&gt;"), "{svg}");
        assert!(!svg.contains(|c: char| c.is_control() && c != '\n'), "{svg}");
    }

    #[test]
    fn a_long_name_is_cut() {
        let name = "A service with a name that is longer than any sign on any page could ever be";
        let badge = Badge { label: name, message: "up", color: "#0a7448", ink: "#ffffff" };
        assert!(
            svg(&badge)
                .contains(">A service with a name that is longer than any sign on any p\u{2026}<")
        );
    }
}
