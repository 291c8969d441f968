//! What vendors count, counted from their pages.

use serde_json::{Value, json};

use super::fixture::{body, config, config_with, events, names, retold, rows, sent};
use crate::notify::fit::Unit;

fn units(value: &Value) -> usize {
    value.as_str().unwrap_or_default().encode_utf16().count()
}

fn chars(value: &Value) -> usize {
    value.as_str().unwrap_or_default().chars().count()
}

/// What the vendor would refuse, from WIRE's table of limits.
fn refused(name: &str, body: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |what: &str, found: usize, max: usize| {
        if found > max {
            wrong.push(format!("{what}: {found} > {max}"));
        }
    };
    match name {
        "discord" => {
            let embed = &body["embeds"][0];
            check("title", units(&embed["title"]), 256);
            check("description", units(&embed["description"]), 4_096);
            let fields = embed["fields"].as_array().cloned().unwrap_or_default();
            check("fields", fields.len(), 25);
            let mut sum = units(&embed["title"]) + units(&embed["description"]);
            for field in &fields {
                check("field name", units(&field["name"]), 256);
                check("field value", units(&field["value"]), 1_024);
                check("empty", usize::from(units(&field["name"]) * units(&field["value"]) == 0), 0);
                sum += units(&field["name"]) + units(&field["value"]);
            }
            check("embed", sum, 6_000);
        }
        "slack" => {
            let blocks = body["attachments"][0]["blocks"].as_array().cloned().unwrap_or_default();
            check("blocks", blocks.len(), 50);
            check("header", units(&blocks[0]["text"]["text"]), 150);
            let mut sum = 0;
            for block in &blocks {
                check("section", units(&block["text"]["text"]), 3_000);
                let fields = block["fields"].as_array().cloned().unwrap_or_default();
                check("fields", fields.len(), 10);
                for field in &fields {
                    check("field", units(&field["text"]), 2_000);
                    sum += units(&field["text"]);
                }
                sum += units(&block["text"]["text"]);
            }
            check("blocks' sum", sum, 13_200);
        }
        "telegram" => {
            let text = body["text"].as_str().unwrap();
            let mut shown = String::new();
            let mut is_tag = false;
            for c in text.chars() {
                match c {
                    '<' => is_tag = true,
                    '>' => is_tag = false,
                    c if !is_tag => shown.push(c),
                    _ => {}
                }
            }
            let shown = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            check("text", shown.encode_utf16().count(), 4_096);
        }
        "pushover" => {
            check("title", chars(&body["title"]), 250);
            check("message", chars(&body["message"]), 1_024);
            check("url", chars(&body["url"]), 512);
            check("url_title", chars(&body["url_title"]), 100);
            check("empty", usize::from(chars(&body["message"]) == 0), 0);
        }
        "pagerduty" => {
            check("summary", chars(&body["payload"]["summary"]), 1_024);
            check("dedup_key", chars(&body["dedup_key"]), 255);
            check("event", body.to_string().len(), 512 * 1_024);
        }
        _ => {}
    }
    wrong
}

#[test]
fn no_vendor_is_sent_more_than_it_takes() {
    let config = config();
    let lengths =
        [1, 75, 127, 128, 240, 256, 512, 1_000, 1_024, 1_025, 2_048, 3_001, 4_097, 20_000];
    for (name, event) in names(&config)
        .into_iter()
        .flat_map(|name| events(&config, name).into_iter().map(move |event| (name, event)))
    {
        for (word, length) in ["\u{1f525}", "<", "*", "a"]
            .into_iter()
            .flat_map(|word| lengths.map(|length| (word, length)))
        {
            let (mut row, mut also) = rows(event);
            retold(&mut row, &word.repeat(length));
            for number in 0..30 {
                row.delivery
                    .notice
                    .labels
                    .insert(format!("label {number}"), word.repeat(length.min(1_100)));
            }
            for _ in 0..if event == "folded" { 200 } else { 0 } {
                also.push(also[0].clone());
            }
            let wrong = refused(name, &body(&sent(&config, name, &row, &also)));
            assert!(wrong.is_empty(), "{name} {event} {length} x {word}: {wrong:?}");
        }
    }
}

#[test]
fn texts_may_be_as_long_as_the_vendor_takes_and_no_longer() {
    let config = config();
    let vendors: [(&str, &str, usize, Unit); 5] = [
        ("discord", "/embeds/0/title", 256, Unit::Utf16),
        ("slack", "/attachments/0/blocks/0/text/text", 150, Unit::Utf16),
        ("pushover", "/title", 250, Unit::Chars),
        ("pagerduty", "/payload/summary", 1_024, Unit::Chars),
        ("mailgun", "/subject/0", 250, Unit::Chars),
    ];
    for (name, pointer, max, unit) in vendors {
        let title = |fires: usize, rest: usize| {
            let (mut row, _) = rows("alert");
            row.delivery.notice.name = format!("{}{}", "x".repeat(rest), "\u{1f525}".repeat(fires));
            let body = body(&sent(&config, name, &row, &[]));
            body.pointer(pointer).and_then(Value::as_str).unwrap().to_owned()
        };
        let one = if unit == Unit::Utf16 { 2 } else { 1 };
        let count = |text: &str| {
            text.chars().map(|c| if one == 2 { c.len_utf16() } else { 1 }).sum::<usize>()
        };
        let free = max - (count(&title(0, 1)) - 1);
        let at = title(free / one, free % one);
        assert_eq!(count(&at), max, "{name}: {at}");
        assert!(!at.ends_with('\u{2026}'), "{name} at its limit: {at}");
        let beyond = title(free / one, free % one + 1);
        assert!(count(&beyond) <= max, "{name}: {beyond}");
        assert!(beyond.ends_with('\u{2026}'), "{name} one beyond: {beyond}");
    }
}

#[test]
fn bodies_may_be_as_long_as_the_vendor_takes_and_no_longer() {
    let text = "{{message}}";
    let config = config_with(&json!({
        "discord": {"description": text, "fields": [{"name": "n", "value": text}]},
        "pushover": {"message": text},
    }));
    let vendors = [
        ("discord", "/embeds/0/description", 4_096, Unit::Utf16),
        ("discord", "/embeds/0/fields/0/value", 1_024, Unit::Utf16),
        ("pushover", "/message", 1_024, Unit::Chars),
    ];
    for (name, pointer, max, unit) in vendors {
        let count = |value: &Value| if unit == Unit::Utf16 { units(value) } else { chars(value) };
        let fires = "\u{1f525}".repeat(if unit == Unit::Utf16 { max / 2 } else { max });
        let told = |text: &str| {
            let (mut row, _) = rows("down");
            row.delivery.notice.message = Some(text.to_owned());
            body(&sent(&config, name, &row, &[])).pointer(pointer).unwrap().clone()
        };
        assert_eq!(told(&fires), fires, "{name} {pointer} at its limit");
        let beyond = told(&format!("{fires}x"));
        assert!(count(&beyond) <= max, "{name} {pointer}: {}", count(&beyond));
        assert!(beyond.as_str().unwrap().ends_with('\u{2026}'), "{name} {pointer} one beyond");
    }
}

#[test]
fn a_folded_message_names_as_many_as_fit_and_counts_the_rest() {
    let config = config();
    let (row, also) = rows("folded");
    let many: Vec<_> = (0..299)
        .map(|number| {
            let mut row = also[0].clone();
            row.delivery.notice.name = format!("service-number-{number}");
            row
        })
        .collect();
    for name in ["discord", "slack", "telegram", "pushover"] {
        let text = body(&sent(&config, name, &row, &many)).to_string();
        let named = text.matches("service").count() - text.matches("services").count();
        let words = text.split("and ").filter_map(|rest| rest.split_once(" more"));
        let counted: usize = words.filter_map(|(number, _)| number.parse::<usize>().ok()).sum();
        assert!(text.contains("300 messages: "), "{name}: {text}");
        assert!(counted > 0 && named > 10, "{name}: {named} named, {counted} counted: {text}");
        assert_eq!(
            named + counted,
            300 - usize::from(text.contains("UP Production")),
            "{name}: {text}"
        );
        assert!(text.contains("https://status.example/"), "{name}: {text}");
    }
}
