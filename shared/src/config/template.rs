//! `templates` of `notifications.json`: texts of one's own in place of the default ones.
//!
//! A template is an object of texts, one per part of a message. The text is tera's, less what could
//! run for ever or pass values unescaped: `{{ }}` with a few filters, and if, elif, else.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use serde_json::{Map, Value};
use tera::{Context, EscapeFn, Tera};

use super::reader::{Judge, Object, Place, wanted};
use super::{Channel, ChannelKind};
use crate::render::tags::{Mistake, Tags};

/// Bytes that one text of a template may have.
const TEXT_MAX_BYTES: usize = 8 * 1_024;
/// Bytes that one rendered text may have.
const OUTPUT_MAX_BYTES: usize = 64 * 1_024;

/// Names that every template may use.
pub const NAMES: [&str; 14] = [
    "emoji",
    "eventType",
    "serviceName",
    "serviceId",
    "lastSeen",
    "timestamp",
    "timestampISO",
    "message",
    "status",
    "reason",
    "since",
    "duration",
    "link",
    "metadata",
];
/// A part that a template of some type may have.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// A text under this key.
    Text(&'static str),
    /// A list under this key, of objects with these two texts and a flag.
    Fields(&'static str, [&'static str; 2], &'static str),
}

impl Part {
    const fn key(self) -> &'static str {
        match self {
            Self::Text(key) | Self::Fields(key, ..) => key,
        }
    }
}

/// What templates of one type may say, and how values get into them.
#[derive(Clone, Copy)]
pub struct TemplateShape {
    /// Its parts.
    pub parts: &'static [Part],
    /// Writes a value so that it stays a value.
    pub escape: EscapeFn,
    /// Turns the text as users write it into what is sent.
    pub prepare: fn(&str) -> String,
    /// Says why a part can never be sent as it is written.
    pub check: fn(&Probe<'_>) -> Result<(), String>,
}

/// A text of a template, tried out before there is anything to tell.
#[derive(Clone, Debug)]
pub struct Probe<'a> {
    /// The part of the message that it is.
    pub part: &'static str,
    /// What became of it with values that are texts, numbers and empty.
    pub texts: Vec<String>,
    /// Whether it is the same for every message.
    pub is_fixed: bool,
    /// Every channel, of whatever type.
    pub channels: &'a [Channel],
}

/// What stands for every value when a text is tried out.
const SAMPLES: [&str; 3] = ["text", "1", ""];

/// Whom a template is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// Services: `templates.<type>`.
    Services,
    /// External alerts: `templates.<type>_external`.
    Alerts,
}

/// Every template, by type.
#[derive(Clone, Debug, Default)]
pub struct Templates(BTreeMap<(&'static str, Audience), Template>);

/// One template, ready to render.
#[derive(Clone, Debug)]
struct Template {
    tree: Value,
    tera: Arc<Tera>,
    /// Names used, with the keys asked of each.
    uses: Vec<(String, Option<String>)>,
}

/// A template failed with the values of one message.
#[derive(Debug, thiserror::Error)]
#[error("the template cannot be rendered: {0}")]
pub struct TemplateError(String);

impl Templates {
    pub(super) fn read(templates: &Object<'_>, channels: &[Channel]) -> Self {
        let mut found = BTreeMap::new();
        for (name, value) in templates.entries() {
            let place = templates.place.key(name);
            let object = Object::open(templates.judge, place.clone(), Some(value));
            let (word, audience) = name
                .strip_suffix("_external")
                .map_or((name, Audience::Services), |word| (word, Audience::Alerts));
            match ChannelKind::all().find(|kind| kind.as_str() == word) {
                Some(kind) if object.is_present() => {
                    let shape = kind.about().template;
                    let template = Template::read(object, shape, audience, channels);
                    found.insert((kind.as_str(), audience), template);
                }
                Some(_) => {}
                None => {
                    let hint = templates.judge.nearest(word, ChannelKind::words());
                    let sentence = format!("there is no channel type of this name{hint}");
                    templates.judge.warn(&place, sentence);
                }
            }
        }
        Self(found)
    }

    /// The parts with these values in them; `None` if there is no such template.
    pub fn render(
        &self,
        kind: ChannelKind,
        audience: Audience,
        values: &Map<String, Value>,
    ) -> Option<Result<Value, TemplateError>> {
        self.0.get(&(kind.as_str(), audience)).map(|template| template.render(values))
    }
}

impl Template {
    fn read(
        mut object: Object<'_>,
        shape: TemplateShape,
        audience: Audience,
        channels: &[Channel],
    ) -> Self {
        let mut reading = Reading::new(object.judge, shape, audience);
        let mut tree = Map::new();
        for part in shape.parts {
            let read = match *part {
                Part::Text(key) => {
                    object.value(key).map(|value| reading.text(&object.place.key(key), value))
                }
                Part::Fields(key, texts, flag) => object.list(key).map(|fields| {
                    fields
                        .into_iter()
                        .map(|(place, field)| {
                            reading.field(
                                Object::open(object.judge, place, Some(field)),
                                texts,
                                flag,
                            )
                        })
                        .collect()
                }),
            };
            tree.extend(read.map(|read| (part.key().to_owned(), read)));
        }
        let template = Self { tree: tree.into(), tera: Arc::new(reading.tera), uses: reading.uses };
        for part in shape.parts {
            if let Part::Text(key) = *part
                && let Some(written) = object.value(key).and_then(Value::as_str)
                && let Some(probe) = template.probe(key, written, channels)
                && let Err(sentence) = (shape.check)(&probe)
            {
                object.judge.error(&object.place.key(key), sentence);
            }
        }
        object.close();
        template
    }

    /// What becomes of a part with each of the samples; `None` of one that cannot be rendered.
    fn probe<'a>(
        &self,
        part: &'static str,
        written: &str,
        channels: &'a [Channel],
    ) -> Option<Probe<'a>> {
        let rendered = |sample: &str| {
            let bare = self.uses.iter().filter(|(_, key)| key.is_none());
            let mut values: Map<String, Value> =
                bare.map(|(name, _)| (name.clone(), sample.into())).collect();
            for (name, key) in &self.uses {
                let Some(key) = key else { continue };
                let value = values.entry(name.clone()).or_insert_with(Value::default);
                if !value.is_object() {
                    *value = Value::Object(Map::new());
                }
                value[key] = sample.into();
            }
            let rendered = self.render(&values).ok()?;
            rendered[part].as_str().map(str::to_owned)
        };
        let texts: Vec<String> = SAMPLES.into_iter().filter_map(rendered).collect();
        let is_fixed = !["{{", "{%"].iter().any(|mark| written.contains(mark));
        (!texts.is_empty()).then_some(Probe { part, texts, is_fixed, channels })
    }

    fn render(&self, values: &Map<String, Value>) -> Result<Value, TemplateError> {
        let mut values = values.clone();
        for (name, key) in &self.uses {
            let value = values.entry(name.clone()).or_insert_with(|| match key {
                None => Value::from(""),
                Some(_) => Value::Object(Map::new()),
            });
            if let (Some(key), Value::Object(map)) = (key, value) {
                map.entry(key.clone()).or_insert_with(|| Value::from(""));
            }
        }
        let link = values.remove("link");
        let mut context = Context::from_serialize(&values).map_err(|error| failed(&error))?;
        // An address of ours is no text of others, and an escape would break it.
        let link = link.as_ref().and_then(Value::as_str).unwrap_or_default();
        context.insert_value("link", tera::Value::safe_string(link));
        fill(&self.tree, &self.tera, &context)
    }
}

/// One template while it is read. Each text becomes a template of tera whose name stands in its place.
struct Reading<'a> {
    judge: &'a Judge,
    shape: TemplateShape,
    audience: Audience,
    tera: Tera,
    uses: Vec<(String, Option<String>)>,
    count: usize,
}

impl<'a> Reading<'a> {
    fn new(judge: &'a Judge, shape: TemplateShape, audience: Audience) -> Self {
        let mut tera = Tera::new();
        tera.autoescape_on([".escaped"]);
        tera.set_escape_fn(shape.escape);
        Self { judge, shape, audience, tera, uses: Vec::new(), count: 0 }
    }

    fn field(
        &mut self,
        mut field: Object<'_>,
        texts: [&'static str; 2],
        flag: &'static str,
    ) -> Value {
        let mut tree = Map::new();
        for key in texts {
            let Some(value) = field.value(key) else { continue };
            tree.insert(key.to_owned(), self.text(&field.place.key(key), value));
        }
        tree.insert(flag.to_owned(), field.flag(flag).unwrap_or(false).into());
        field.close();
        tree.into()
    }

    /// The name under which the text can be rendered.
    fn text(&mut self, place: &Place, value: &Value) -> Value {
        let Some(text) = value.as_str() else {
            self.judge.error(place, wanted("a text", value));
            return Value::Null;
        };
        if text.len() > TEXT_MAX_BYTES {
            let sentence = format!("must have at most {TEXT_MAX_BYTES} bytes, not {}", text.len());
            self.judge.error(place, sentence);
            return Value::Null;
        }
        let name = format!("{}.escaped", self.count);
        self.count += 1;
        if let Err(sentence) = self.parse(&name, text) {
            self.judge.error(place, sentence);
        }
        name.into()
    }

    fn parse(&mut self, name: &str, text: &str) -> Result<(), String> {
        let tags = Tags::of(text).map_err(|mistake: Mistake| mistake.to_string())?;
        let prepared = (self.shape.prepare)(text);
        self.tera.add_raw_template(name, &prepared).map_err(|error| {
            let report = error.to_string();
            let lines: Vec<_> =
                report.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            format!("is no template: {}", lines.join(" "))
        })?;
        let names = self.tera.get_template_variables(name).map_err(|error| error.to_string())?;
        let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
        names.sort_unstable();
        if self.audience == Audience::Services {
            for name in &names {
                if !NAMES.contains(&name.as_str()) {
                    let hint = self.judge.nearest(name, NAMES.into_iter());
                    return Err(format!("there is no {{{{{name}}}}}{hint}"));
                }
            }
        }
        self.uses.extend(tags.keys());
        self.uses.extend(names.into_iter().map(|name| (name, None)));
        Ok(())
    }
}

fn failed(error: &tera::Error) -> TemplateError {
    let report = error.to_string();
    TemplateError(report.lines().next().unwrap_or_default().to_owned())
}

fn fill(tree: &Value, tera: &Tera, context: &Context) -> Result<Value, TemplateError> {
    Ok(match tree {
        Value::String(name) => {
            let mut output = Bounded(Vec::new());
            tera.render_to(name, context, &mut output).map_err(|error| failed(&error))?;
            let text =
                String::from_utf8(output.0).map_err(|error| TemplateError(error.to_string()))?;
            text.into()
        }
        Value::Array(items) => items
            .iter()
            .map(|item| fill(item, tera, context))
            .collect::<Result<Vec<_>, _>>()?
            .into(),
        Value::Object(map) => {
            let filled =
                map.iter().map(|(key, part)| Ok((key.clone(), fill(part, tera, context)?)));
            Value::Object(filled.collect::<Result<_, _>>()?)
        }
        other => other.clone(),
    })
}

/// A text that must not grow without end.
struct Bounded(Vec<u8>);

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > OUTPUT_MAX_BYTES {
            return Err(io::Error::other("it becomes longer than 64 KiB"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
