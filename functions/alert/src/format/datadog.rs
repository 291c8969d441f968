//! Webhooks of Datadog (<https://docs.datadoghq.com/integrations/webhooks/>): the template of
//! docs/alert-sources.md, or what Datadog sends where none was set.

use super::fields::{Fields, labels};
use super::{Alert, Format, FormatError, Parsed, Payload, Phase};

pub(super) const FORMAT: Format = Format { name: "datadog", knows, parse };

fn knows(payload: &Payload<'_>) -> bool {
    let body = &payload.body;
    let is_template = body.word("source").is_some_and(|source| source == "datadog");
    is_template && body.has("transition")
        || ["event_type", "last_updated", "org"].iter().all(|name| body.has(name))
}

fn parse(payload: &Payload<'_>) -> Result<Parsed, FormatError> {
    let body = &payload.body;
    let title = body.needed("title")?;
    // The default has no transition of its own: it stands in brackets at the title's beginning.
    let (bracket, bare) = split(without_priority(&title));
    let transition = body.word("transition").unwrap_or_else(|| bracket.to_owned());
    let transition = transition.to_ascii_lowercase();
    let alert = Alert {
        message: body.word("message").or_else(|| body.word("body")).unwrap_or_default(),
        severity: severity(body, &transition).to_owned(),
        source: "datadog".to_owned(),
        labels: tags(body),
        channels: body.channels()?,
        phase: if transition.contains("recovered") { Phase::Resolved } else { Phase::Firing },
        dedup_key: body.word("cycle_key").or_else(|| Some(identity(bracket, bare))),
        link: body.link("link"),
        title,
        // What was retried may come after its own end.
        changed_at: body.millis("date"),
        ..Alert::default()
    };
    Ok(alert.into())
}

/// A monitor that has a priority says so first: `[P1] [Triggered] CPU`.
fn without_priority(title: &str) -> &str {
    let rest = title.strip_prefix("[P").and_then(|rest| rest.split_once(']'));
    let is_level = |level: &str| matches!(level, "1" | "2" | "3" | "4" | "5");
    rest.filter(|(level, _)| is_level(level)).map_or(title, |(_, rest)| rest.trim_start())
}

/// A monitor of many hosts has the same title for each: only the scope in the bracket tells them
/// apart.
fn identity(bracket: &str, bare: &str) -> String {
    let scope = bracket.split_once(" on {").map_or("", |(_, scope)| scope.trim_end_matches('}'));
    format!("{scope} {bare}").trim_start().to_owned()
}

/// `[Triggered on {host:a}] CPU` is `Triggered on {host:a}` and `CPU`.
fn split(title: &str) -> (&str, &str) {
    let inner = title.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    inner.map_or(("", title), |(bracket, rest)| (bracket, rest.trim()))
}

fn severity(body: &Fields<'_>, transition: &str) -> &'static str {
    match body.word("alert_type").as_deref() {
        Some("error") => "critical",
        Some("info") => "info",
        None if transition.contains("triggered") => "critical",
        _ => "warning",
    }
}

/// `$TAGS` is one string, `env:prod, team:core`; a tag may lack its value.
fn tags(body: &Fields<'_>) -> std::collections::BTreeMap<String, String> {
    let mut all = labels([("host", body.word("host")), ("priority", body.word("priority"))]);
    let tags = body.word("tags").unwrap_or_default();
    for tag in tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()) {
        let (name, value) = tag.split_once(':').unwrap_or((tag, ""));
        all.entry(name.to_owned()).or_insert_with(|| value.to_owned());
    }
    all
}
