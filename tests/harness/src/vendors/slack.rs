//! Slack: incoming webhooks.
//!
//! Source: docs.slack.dev, Sending messages using incoming webhooks, Block Kit reference.

use serde_json::Value;

use super::limits::{Unit, list};
use super::{Refusal, Ruling, is_typed, path};
use crate::receiver::{Received, Reply};

const PATH: &str = "/services/T0000/B0000/slack-token-nobody-may-read";

pub(super) const CREDENTIALS: [(&str, &str); 1] =
    [("WEBHOOKURL", "https://hooks.slack.com/services/T0000/B0000/slack-token-nobody-may-read")];

/// What all blocks of a message may hold; not documented, but more is refused.
const BLOCKS_MAX: usize = 13_200;

pub(super) fn rule(request: &Received) -> Ruling {
    if path(request) != PATH {
        return Err(Refusal::new(404, "no_service", "the webhook's path"));
    }
    if request.method != "POST" || !is_typed(request, "application/json") {
        return Err(Refusal::new(400, "invalid_payload", "POST of JSON"));
    }
    if !request.json.is_object() {
        return Err(Refusal::new(400, "invalid_payload", "a JSON object"));
    }
    checked(&request.json).map_err(|(word, rule)| Refusal::new(400, word, rule))?;
    Ok(Reply::status(200).header("content-type", "text/html").body("ok"))
}

type Broken = (&'static str, String);

fn checked(message: &Value) -> Result<(), Broken> {
    let invalid = |rule| ("invalid_payload", rule);
    let text = Unit::Chars.allowed(&message["text"], "text", 40_000).map_err(invalid)?;
    let attachments = list(&message["attachments"], "attachments", 100).map_err(invalid)?;
    if text.trim().is_empty() {
        return Err(("no_text", "text is required, whatever else there is".to_owned()));
    }
    escaped(text, "text").map_err(invalid)?;
    let mut sum = 0;
    let theirs = attachments.iter().map(|attachment| &attachment["blocks"]);
    for blocks in theirs.chain([&message["blocks"]]) {
        for block in list(blocks, "blocks", 50).map_err(|rule| ("invalid_blocks", rule))? {
            sum += block_length(block).map_err(|rule| ("invalid_blocks", rule))?;
        }
    }
    match sum {
        ..=BLOCKS_MAX => Ok(()),
        _ => Err(("msg_blocks_too_long", format!("all blocks have {sum} characters"))),
    }
}

/// What a block counts, if nothing is wrong with it.
fn block_length(block: &Value) -> Result<usize, String> {
    match block["type"].as_str().unwrap_or_default() {
        "header" if block["text"]["type"] == "plain_text" => text(&block["text"], "header", 150),
        "section" if block["fields"].is_null() => text(&block["text"], "section", 3_000),
        "section" => {
            let fields = list(&block["fields"], "fields", 10)?.iter();
            fields.map(|field| text(field, "field", 2_000)).sum()
        }
        "context" => {
            let elements = list(&block["elements"], "elements", 10)?.iter();
            elements.map(|element| text(element, "element", 3_000)).sum()
        }
        "divider" => Ok(0),
        other => Err(format!("no block {other} of this form")),
    }
}

/// What a text object counts. `&`, `<` and `>` begin entities and links, or must be escaped.
fn text(object: &Value, what: &str, max: usize) -> Result<usize, String> {
    if !matches!(object["type"].as_str(), Some("plain_text" | "mrkdwn")) {
        return Err(format!("{what} has no text object"));
    }
    let text = Unit::Chars.needed(&object["text"], what, max)?;
    escaped(text, what)?;
    Ok(Unit::Chars.length(text))
}

fn escaped(text: &str, what: &str) -> Result<(), String> {
    let is_entity = |at| ["&amp;", "&lt;", "&gt;"].iter().any(|it| text[at..].starts_with(it));
    if text.match_indices('&').all(|(at, _)| is_entity(at)) {
        return Ok(());
    }
    Err(format!("{what} has an & that is not escaped"))
}
