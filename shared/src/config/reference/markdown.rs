//! The tables of docs/configuration.md made from the reference.

use std::fmt::Write as _;

use super::super::ChannelKind;
use super::{Key, Shape, Standard};

/// One table with a row per key; objects within are rows of their own.
pub(super) fn table(keys: &'static [Key]) -> String {
    let mut text = "| key | value | default | meaning |\n|---|---|---|---|\n".to_owned();
    rows(keys, "", &mut text);
    text
}

fn rows(keys: &'static [Key], path: &str, text: &mut String) {
    for key in keys {
        let path = format!("{path}{}", key.name);
        let value = value(&key.shape);
        let default = default(key.standard);
        writeln!(text, "| `{path}` | {value} | {default} | {} |", key.about)
            .expect("writing to a String cannot fail");
        match key.shape {
            Shape::Object(keys) => rows(keys, &format!("{path}."), text),
            Shape::List(Shape::Object(keys)) => rows(keys, &format!("{path}[]."), text),
            Shape::Either(_, Shape::List(Shape::Object(keys))) => {
                rows(keys, &format!("{path}[]."), text);
            }
            _ => {}
        }
    }
}

fn default(standard: Standard) -> String {
    match standard {
        Standard::Required => "required".to_owned(),
        Standard::Nothing => String::new(),
        Standard::Json("[]" | "\"\"") => "empty".to_owned(),
        Standard::Json(json) => format!("`{json}`"),
        Standard::Words(words) => words.to_owned(),
        Standard::Old => "old name".to_owned(),
    }
}

fn value(shape: &Shape) -> String {
    match *shape {
        Shape::Text => "text".to_owned(),
        Shape::Flag => "true or false".to_owned(),
        Shape::Whole(unit, from, to) => format!("whole {unit}, {from} to {to}"),
        Shape::Number(unit, from, to) => format!("{unit}, {from} to {to}"),
        Shape::Word(words) => listed(words.iter().copied()),
        Shape::Kind => listed(ChannelKind::words()),
        Shape::Color => "CSS colour".to_owned(),
        Shape::Link | Shape::Picture => "address".to_owned(),
        Shape::Css => "CSS".to_owned(),
        Shape::Html => "HTML".to_owned(),
        Shape::List(Shape::Object(_)) => "list of objects".to_owned(),
        Shape::List(Shape::Text) => "list of texts".to_owned(),
        Shape::List(element) => format!("list of {}", value(element)),
        Shape::Object(_) | Shape::Free => "object".to_owned(),
        Shape::Map(element) => format!("object of {}", value(element)),
        Shape::Either(one, other) => format!("{}, or {}", value(one), value(other)),
        Shape::OrNull(some) => format!("{}, or `null`", value(some)),
    }
}

fn listed(words: impl Iterator<Item = &'static str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}
