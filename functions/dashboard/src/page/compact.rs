//! One line per service, for boards with very many: a tenth of the weight of a row. Written by hand,
//! because a template takes longer for 10,000 lines than everything else together.

use std::fmt::Write;

use super::{Row, Switches};
use crate::board::Standing;

/// Lines in one list at most. A browser lays out only the lists that are looked at.
const LIST: usize = 50;

/// The lines of these rows, in lists. `set_class` is what most of them have.
pub fn lines(rows: &[Row], set_class: &str, switches: &Switches) -> String {
    let mut html = String::with_capacity(rows.len() * 128);
    for list in rows.chunks(LIST) {
        let is_hidden = list.iter().all(|row| row.hidden);
        html.push_str(if is_hidden { "<ul class=rows hidden>" } else { "<ul class=rows>" });
        for row in list {
            line(&mut html, row, set_class, switches);
        }
        html.push_str("</ul>");
    }
    html
}

fn line(html: &mut String, row: &Row, set_class: &str, switches: &Switches) {
    html.push_str("<li");
    if row.standing != Standing::Up {
        let _ = write!(html, " class=s-{}", row.class);
    }
    if row.hidden {
        html.push_str(" hidden");
    }
    html.push_str("><a href=");
    html.push_str(&row.href);
    html.push('>');
    escape(html, &row.name);
    html.push_str("</a>");
    if switches.history {
        strip(html, row, set_class);
    }
    if let Some(uptime) = row.uptime.as_ref().filter(|_| switches.percentage) {
        let _ = write!(html, "<b>{}</b>", uptime.text.trim_end_matches(" %"));
    }
    if row.standing != Standing::Up {
        let _ = write!(html, "<i>{}", row.word);
        if let Some(since) = &row.since {
            let _ = write!(html, " {}", since.span);
        }
        html.push_str("</i>");
    }
    html.push('\n');
}

fn strip(html: &mut String, row: &Row, set_class: &str) {
    let Some(strip) = &row.strip else { return };
    let _ = write!(html, "<svg preserveAspectRatio=none viewBox=\"0 0 {} 1\"", strip.days);
    if row.set_class != set_class {
        let _ = write!(html, " class={}", row.set_class);
    }
    html.push('>');
    for mark in &strip.marks {
        let _ = write!(html, "<path class={} d=\"{}\"/>", mark.class, mark.path);
    }
    html.push_str("</svg>");
}

fn escape(html: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
}
