//! Words of others never do anything: whatever they are, a vendor reads the same structure as from a
//! harmless word. The readers here are written from the vendors' rules and know nothing of ours.

use serde_json::Value;

use super::fixture::{body, config, events, retold, rows, sent};
use crate::config::Config;
use crate::notify::Outgoing;

const HARMLESS: &str = "word";

const WORDS: [&str; 42] = [
    "@everyone",
    "@here",
    "<@123>",
    "<@&123>",
    "<#123>",
    "<!channel>",
    "<!here|x>",
    "<!subteam^S1>",
    "<https://evil.example|click>",
    "[click](https://evil.example)",
    "https://evil.example/?a=b",
    "<b>bold</b>",
    "<a href=\"https://evil.example\">x</a>",
    "</code><b>x",
    "<script>alert(1)</script>",
    "*bold*",
    "**bold**",
    "_italic_",
    "__under__",
    "~struck~",
    "~~struck~~",
    "`code`",
    "```block```",
    "||spoiler||",
    "# heading",
    "-# small",
    "> quote",
    "- item",
    "1. item",
    "<t:1795344741:R>",
    "<:emoji:1>",
    "&lt;b&gt;",
    "&amp;",
    "&#60;b&#62;",
    "\\*x\\*",
    "\\",
    "\"}, {\"a\": \"b",
    "{{ emoji }}",
    "a\r\nBcc: victim@example.com",
    "a\nX-Header: y",
    "\u{202e}gnp.exe",
    "=?utf-8?q?x?=",
];

fn hostile() -> Vec<String> {
    let wraps: [fn(&str) -> String; 4] = [
        str::to_owned,
        |word| format!("before {word} after"),
        |word| format!("line\n{word}\n{word}"),
        |word| word.repeat(8),
    ];
    WORDS.iter().flat_map(|word| wraps.map(|wrap| wrap(word))).collect()
}

/// What the channel is sent if all words of others are `text`, for some events.
fn told(config: &Config, name: &str, text: &str) -> Vec<Outgoing> {
    let event = |event: &&str| {
        let (mut row, mut also) = rows(event);
        retold(&mut row, text);
        for row in &mut also {
            retold(row, text);
        }
        sent(config, name, &row, &also)
    };
    let events = events(config, name);
    ["down", "up", "alert", "folded"]
        .iter()
        .filter(|word| events.contains(word))
        .map(event)
        .collect()
}

/// Judges every channel message by what `read` makes of it.
fn same_structure<T: PartialEq + std::fmt::Debug>(name: &str, read: impl Fn(&Outgoing) -> T) {
    let config = config();
    let harmless: Vec<T> = told(&config, name, HARMLESS).iter().map(&read).collect();
    let all = hostile();
    assert!(all.len() >= 100);
    for text in all {
        let found: Vec<T> = told(&config, name, &text).iter().map(&read).collect();
        assert_eq!(found, harmless, "{name}: {text:?}");
    }
}

/// Keys and kinds of a JSON value, without its texts; long lists of lines may be shorter.
fn shape(value: &Value) -> Value {
    match value {
        Value::String(_) => "text".into(),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), shape(value))).collect())
        }
        other => other.clone(),
    }
}

fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(map) => map.values().for_each(|value| texts(value, found)),
        _ => {}
    }
}

/// The marks of Discord's Markdown that are left once escapes are taken out.
fn discord_marks(text: &str) -> String {
    let mut rest = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == '\\' {
            assert!(
                chars.next().is_some_and(|c| c.is_ascii_punctuation()),
                "a bare backslash: {text}"
            );
            rest.push('x');
        } else {
            rest.push(c);
        }
    }
    assert!(
        !rest.contains("://") && !rest.contains("@everyone") && !rest.contains("@here"),
        "{text}"
    );
    let at_line_start = rest.lines().filter(|line| line.starts_with(['#', '>', '-', '+']));
    assert_eq!(at_line_start.count(), 0, "{text}");
    rest.chars().filter(|c| "*_~`|<>[]".contains(*c)).collect()
}

#[test]
fn discord() {
    same_structure("discord", |outgoing| {
        let body = body(outgoing);
        assert_eq!(body["allowed_mentions"], serde_json::json!({"parse": []}));
        let embed = &body["embeds"][0];
        for text in [&embed["title"], &embed["description"]] {
            assert_eq!(discord_marks(text.as_str().unwrap()), "");
        }
        for field in embed["fields"].as_array().into_iter().flatten() {
            assert_eq!(discord_marks(field["name"].as_str().unwrap()), "");
            assert_eq!(discord_marks(field["value"].as_str().unwrap()), "");
        }
        let mut flat = body.clone();
        for field in flat["embeds"][0]["fields"].as_array_mut().into_iter().flatten() {
            field["inline"] = Value::Null;
        }
        shape(&flat)
    });
}

#[test]
fn slack() {
    fn check(value: &Value) {
        let text = value["text"].as_str().unwrap_or_default();
        match value["type"].as_str() {
            Some("plain_text") => {
                assert_eq!(value["emoji"], false, "{value}");
                assert!(!text.contains(['<', '>']), "{text}");
            }
            Some("mrkdwn") => {
                let inner = text
                    .strip_prefix("<https://status.example/")
                    .and_then(|rest| rest.strip_suffix("|Open Flatline>"));
                assert!(inner.is_some_and(|inner| !inner.contains(['<', '>', '|'])), "{text}");
            }
            _ => {}
        }
        for rest in text.split('&').skip(1) {
            assert!(["amp;", "lt;", "gt;"].iter().any(|entity| rest.starts_with(entity)), "{text}");
        }
        match value {
            Value::Array(items) => items.iter().for_each(check),
            Value::Object(map) => map.values().for_each(check),
            _ => {}
        }
    }
    same_structure("slack", |outgoing| {
        let body = body(outgoing);
        check(&body);
        let title = body["text"].as_str().unwrap();
        let rest = title.replace("Service DOWN:", "").replace("Service UP:", "");
        let rest = rest.replace("Alert:", "").replace("messages:", "");
        assert!(!rest.contains(['<', '>', '*', '_', '~', '`', ':', '\n']), "{title}");
        assert_eq!((&body["link_names"], &body["parse"]), (&false.into(), &"none".into()));
        assert!(!body["attachments"][0]["fallback"].as_str().unwrap().contains(['<', '>']));
        shape(&body)
    });
}

/// What Telegram would read: tags, and the text outside of `<code>` and `<pre>`, where it looks for mentions.
fn telegram_reads(html: &str) -> (Vec<String>, String) {
    let (mut tags, mut open, mut outside) = (Vec::new(), Vec::new(), String::new());
    let mut rest = html;
    while !rest.is_empty() {
        let end = rest.find(['<', '>', '&']).unwrap_or(rest.len());
        let (text, after) = rest.split_at(end);
        if !open.iter().any(|tag| tag == "code" || tag == "pre") {
            outside.push_str(text);
        }
        rest = after;
        match rest.chars().next() {
            None => {}
            Some('<') => {
                let (tag, after) = rest[1..].split_once('>').expect("a tag ends");
                match tag.strip_prefix('/') {
                    Some(name) => assert_eq!(open.pop().as_deref(), Some(name), "{html}"),
                    None => open.push(tag.split(' ').next().unwrap().to_owned()),
                }
                tags.push(tag.to_owned());
                rest = after;
            }
            Some('&') => {
                let known = ["&amp;", "&lt;", "&gt;", "&quot;"];
                let entity = known.iter().find(|entity| rest.starts_with(*entity));
                rest = &rest[entity.unwrap_or_else(|| panic!("a bare &: {html}")).len()..];
            }
            Some(other) => panic!("a bare {other}: {html}"),
        }
    }
    assert!(open.is_empty(), "{html}");
    (tags, outside)
}

#[test]
fn telegram() {
    same_structure("telegram", |outgoing| {
        let body = body(outgoing);
        let read = telegram_reads(body["text"].as_str().unwrap());
        (read, shape(&body))
    });
}

#[test]
fn pagerduty_and_pushover() {
    for name in ["pagerduty", "pushover"] {
        same_structure(name, |outgoing| {
            let body = body(outgoing);
            let title = body["title"].as_str().or(body["payload"]["summary"].as_str());
            assert!(!title.unwrap_or_default().contains('\n'), "{body}");
            assert!(body["html"].is_null() && body["monospace"].is_null());
            let fixed = (body["dedup_key"].clone(), body["url"].clone(), body["links"].clone());
            (fixed, shape(&body))
        });
    }
}

#[test]
fn webhook() {
    let config = config();
    for text in hostile() {
        let told = told(&config, "webhook", &text);
        let event = body(&told[0]);
        assert_eq!(event["service"]["name"], text, "JSON keeps every text as it is");
        assert_eq!(event["message"], text);
    }
    same_structure("webhook", |outgoing| {
        let headers = outgoing.http().unwrap().headers.keys().map(ToString::to_string);
        (headers.collect::<Vec<_>>(), shape(&body(outgoing)))
    });
}

#[test]
fn email() {
    for name in ["ses", "mailgun"] {
        same_structure(name, |outgoing| {
            let body = body(outgoing);
            let mut all = Vec::new();
            texts(&body["Content"]["Simple"]["Subject"], &mut all);
            texts(&body["subject"], &mut all);
            assert!(
                !all.is_empty() && all.iter().all(|text| !text.contains(['\r', '\n'])),
                "{body}"
            );
            shape(&body)
        });
    }
    same_structure("smtp", |outgoing| {
        let Outgoing::Smtp(mail) = outgoing else { panic!("by SMTP") };
        let text = std::str::from_utf8(&mail.message).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").expect("a head and a body");
        assert!(text.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
        // A line that begins with a space goes on with the one before it.
        let lines = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        let names = lines.map(|line| line.split(':').next().unwrap().to_owned());
        let names: Vec<_> = names.filter(|name| name != "Content-Transfer-Encoding").collect();
        (names, mail.to.clone())
    });
}
