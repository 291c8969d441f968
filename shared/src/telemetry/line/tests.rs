use std::io;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::format::JsonFields;

use super::*;

/// What was written.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl io::Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Noon;

impl FormatTime for Noon {
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        writer.write_str("2026-11-22T12:00:00.000000Z")
    }
}

/// The lines that `tell` makes.
fn lines(tell: impl FnOnce()) -> String {
    let paper = Paper::default();
    let pen = paper.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || pen.clone())
        .fmt_fields(JsonFields::new())
        .event_format(Line { timer: Noon })
        .finish();
    tracing::subscriber::with_default(subscriber, tell);
    let written = paper.0.lock().unwrap().clone();
    String::from_utf8(written).unwrap()
}

const BEGIN: &str = r#"{"timestamp":"2026-11-22T12:00:00.000000Z","level":"#;

#[test]
fn a_line_says_when_how_grave_where_and_what_and_then_its_fields_in_their_order() {
    let told = lines(|| {
        tracing::info!(target: "shop", zebra = "a\nb\"", late_ms = 5, share = 0.5, ok = true, "said {}", 1);
        tracing::warn!(target: "shop", error = %io::Error::other("gone"), count = -1_i64);
        tracing::error!(target: "shop", r#type = ?Some(1), "known words");
    });
    let expected = [
        r#""INFO","target":"shop","message":"said 1","zebra":"a\nb\"","late_ms":5,"share":0.5,"ok":true}"#,
        r#""WARN","target":"shop","message":"","error":"gone","count":-1}"#,
        r#""ERROR","target":"shop","message":"known words","type":"Some(1)"}"#,
    ];
    assert_eq!(told, expected.map(|rest| format!("{BEGIN}{rest}\n")).concat());
}

#[test]
fn what_is_around_an_event_is_told_after_its_own_and_no_key_twice() {
    let told = lines(|| {
        let around = tracing::info_span!("invoke", requestId = "8476", id = 1);
        let _around = around.enter();
        let within = tracing::info_span!("within", id = 2, level = "high");
        let _within = within.enter();
        tracing::info!(target: "shop", id = 3, timestamp = "soon", "said");
    });
    let rest = r#""INFO","target":"shop","message":"said","id":3,"field_timestamp":"soon","field_level":"high","requestId":"8476"}"#;
    assert_eq!(told, format!("{BEGIN}{rest}\n"));
}
