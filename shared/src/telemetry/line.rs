//! An event as one line of JSON: when, how grave, where, what, then its fields and those of the spans
//! around it, all in one object.

use std::fmt;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

#[cfg(test)]
mod tests;

/// The keys that each line begins with.
const KEYS: [&str; 4] = ["timestamp", "level", "target", "message"];

/// Writes events as lines. Spans must have their fields as JSON objects.
pub struct Line<T> {
    /// Says what time it is.
    pub timer: T,
}

impl<S, N, T> FormatEvent<S, N> for Line<T>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    T: FormatTime,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut timestamp = String::new();
        self.timer.format_time(&mut Writer::new(&mut timestamp))?;
        let mut told = Told::default();
        event.record(&mut told);
        let metadata = event.metadata();
        let begin = [&timestamp, metadata.level().as_str(), metadata.target(), &told.message];
        let begin = KEYS.into_iter().zip(begin.map(Value::from));
        let begin = begin.map(|(key, value)| (key.to_owned(), value));
        let spans = context.event_scope().into_iter().flatten();
        let around = spans.flat_map(|span| {
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<N>>();
            // A span that is no object has nothing that could stand in one.
            let fields = fields.and_then(|fields| serde_json::from_str::<Map<_, _>>(fields).ok());
            fields.unwrap_or_default()
        });
        let around: Vec<(String, Value)> = around.collect();
        let own = told.fields.into_iter().map(|(name, value)| (name.to_owned(), value));
        write_object(&mut writer, begin.chain(own.chain(around).map(beside)))
    }
}

/// A field whose name is that of a key has another one: no key stands in a line twice.
fn beside((name, value): (String, Value)) -> (String, Value) {
    if KEYS.contains(&name.as_str()) { (format!("field_{name}"), value) } else { (name, value) }
}

/// Of fields with one name the first counts: whoever is nearer to the event knows better.
fn write_object(
    writer: &mut Writer<'_>,
    members: impl Iterator<Item = (String, Value)>,
) -> fmt::Result {
    let mut written: Vec<String> = Vec::new();
    for (name, value) in members {
        if written.contains(&name) {
            continue;
        }
        let begin = if written.is_empty() { '{' } else { ',' };
        write!(writer, "{begin}{}:{value}", Value::from(name.as_str()))?;
        written.push(name);
    }
    writeln!(writer, "}}")
}

/// What an event says.
#[derive(Default)]
struct Told {
    message: String,
    fields: Vec<(&'static str, Value)>,
}

impl Told {
    fn add(&mut self, field: &Field, value: Value) {
        match field.name() {
            "message" => {
                self.message = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            }
            name => self.fields.push((name.trim_start_matches("r#"), value)),
        }
    }
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, value.into());
    }
}
