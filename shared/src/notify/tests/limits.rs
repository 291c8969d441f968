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
            check("text", units(&body["text"]), 4_000);
            check("empty", usize::from(units(&body["text"]) == 0), 0);
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
            check("formatted stretches", text.matches("</").count(), 100);
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
        ("slack", "/text", 300, Unit::Utf16),
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

/// What a vendor is sent if this is the text of an alert or, by a template, of a service.
fn told(config: &crate::config::Config, name: &str, event: &str, text: &str) -> Value {
    let (mut row, also) = rows(event);
    row.delivery.notice.message = Some(text.to_owned());
    body(&sent(config, name, &row, &also))
}

#[test]
fn telegram_takes_4096_units_and_what_is_longer_is_told_in_our_words() {
    let config = config_with(&json!({"telegram": {"message": "{{message}}"}}));
    let at = "\u{1f525}".repeat(2_048);
    assert_eq!(told(&config, "telegram", "down", &at)["text"], at, "4,096 units");
    for beyond in [format!("{at}x"), "\u{1f525}".repeat(2_049)] {
        let told = told(&config, "telegram", "down", &beyond);
        let text = told["text"].as_str().unwrap();
        assert!(text.contains("<b>Service DOWN</b>"), "one beyond: {text}");
        assert!(refused("telegram", &told).is_empty(), "{:?}", refused("telegram", &told));
    }
}

#[test]
fn telegrams_own_text_of_ours_ends_at_its_limit() {
    let config = config();
    let (row, also) = rows("folded");
    let shown = |names: usize, last: usize| {
        let mut many = vec![also[0].clone(); names];
        for row in &mut many {
            row.delivery.notice.name = "\u{1f525}".repeat(60);
        }
        many[0].delivery.notice.name =
            format!("{}{}", "x".repeat(last % 2), "\u{1f525}".repeat(last / 2));
        let told = body(&sent(&config, "telegram", &row, &many));
        assert!(refused("telegram", &told).is_empty(), "{last}: {:?}", refused("telegram", &told));
        let text = told["text"].as_str().unwrap().to_owned();
        let (open, close) = (text.find('<'), text.contains(" more"));
        assert!(open.is_some());
        let tags =
            ["<b>", "</b>", "<pre>", "</pre>", "<a href=\"https://status.example/\">", "</a>"];
        let plain = tags.iter().fold(text, |text, tag| text.replace(tag, ""));
        (plain.encode_utf16().count(), close)
    };
    // 31 names and the title: one more unit, and the last of them is counted and not named.
    let fits: Vec<usize> = (0..256).filter(|last| !shown(31, *last).1).collect();
    let most = *fits.last().expect("short names fit");
    assert_eq!(fits.len(), most + 1, "every shorter one fits too");
    assert!(most < 255, "and longer ones do not");
    assert!((4_096 - 20..=4_096).contains(&shown(31, most).0), "{} units", shown(31, most).0);
}

#[test]
fn an_embed_of_discord_has_6000_units_in_all() {
    let field = |value: &str| json!({"name": "n", "value": value});
    let config = config_with(&json!({"discord": {
        "title": "{{serviceName}}",
        "description": "\u{1f525}".repeat(2_000),
        "fields": [field(&"\u{1f525}".repeat(500)), field("{{message}}")],
        "footer": "f",
    }}));
    // Fourteen of the title, 4,000, 1,001, 1 and the footer's 1 leave 983.
    let told = |text: &str| told(&config, "discord", "down", text)["embeds"][0].clone();
    let sum = |embed: &Value| {
        let fields = embed["fields"].as_array().unwrap();
        let fields = fields.iter().map(|it| units(&it["name"]) + units(&it["value"]));
        let texts = [&embed["title"], &embed["description"], &embed["footer"]["text"]];
        texts.map(units).iter().sum::<usize>() + fields.sum::<usize>()
    };
    let at = format!("x{}", "\u{1f525}".repeat(491));
    let embed = told(&at);
    assert_eq!((sum(&embed), &embed["fields"][1]["value"]), (6_000, &json!(at)), "at the limit");
    let beyond = told(&format!("x{at}"));
    assert!(sum(&beyond) <= 6_000, "one beyond: {}", sum(&beyond));
    assert!(beyond["footer"].is_null(), "an empty footer would be refused: {beyond}");
    let far = told(&"\u{1f525}".repeat(600));
    assert!(sum(&far) <= 6_000, "far beyond: {}", sum(&far));
}

#[test]
fn slacks_sections_and_fields_end_at_their_limits() {
    let config = config();
    let pointers = [
        ("alert", "/attachments/0/blocks/0/text/text", "", 3_000),
        ("down", "/attachments/0/blocks/1/fields/3/text", "Message: ", 2_000),
    ];
    for (event, pointer, before, max) in pointers {
        let free = max - before.len();
        let text =
            |text: &str| told(&config, "slack", event, text).pointer(pointer).unwrap().clone();
        let at = format!("{}{}", "x".repeat(free % 2), "\u{1f525}".repeat(free / 2));
        assert_eq!(text(&at), format!("{before}{at}"), "{event} at its limit");
        assert_eq!(units(&text(&at)), max, "{event}");
        let beyond = text(&format!("x{at}"));
        assert!(units(&beyond) <= max && units(&beyond) >= max - 2, "{event}: {}", units(&beyond));
        assert!(beyond.as_str().unwrap().ends_with('\u{2026}'), "{event} one beyond");
    }
}

#[test]
fn pushover_takes_addresses_of_512_characters_and_is_sent_no_longer_ones() {
    let config = config();
    let page = "https://status.example/services/".len();
    let url = |bytes: usize| {
        let (mut row, _) = rows("down");
        let id = "x".repeat(bytes);
        row.delivery.lane = crate::store::Lane::Service(id);
        let told = body(&sent(&config, "pushover", &row, &[]));
        (chars(&told["url"]), told["url_title"].is_null())
    };
    assert_eq!(url(512 - page), (512, false), "at the limit");
    assert_eq!(url(513 - page), (0, true), "one beyond: neither address nor title");
}

#[test]
fn the_longest_ids_make_keys_and_addresses_that_vendors_take() {
    let config = config();
    // An id has at most 100 bytes; in an address four bytes become twelve characters.
    let id = "\u{1f525}".repeat(25);
    for name in ["pagerduty", "pushover", "discord", "telegram", "slack"] {
        for event in ["down", "up"] {
            let (mut row, _) = rows(event);
            row.delivery.lane = crate::store::Lane::Service(id.clone());
            row.delivery.notice.id.clone_from(&id);
            let told = body(&sent(&config, name, &row, &[]));
            assert!(refused(name, &told).is_empty(), "{name}: {:?}", refused(name, &told));
            if name == "pagerduty" {
                assert_eq!(told["dedup_key"], format!("flatline/{id}"), "{event}: never cut");
            }
        }
    }
    let alert = body(&sent(&config, "pagerduty", &rows("alert").0, &[]));
    assert!(chars(&alert["dedup_key"]) <= 255, "keys of alerts are hashes");
}

#[test]
fn mails_end_at_their_limits_whoever_carries_them() {
    let config = config_with(&json!({"email": {"subject": "{{message}}", "body": "{{message}}"}}));
    let parts = [
        ("ses", "/Content/Simple/Subject/Data", 250),
        ("ses", "/Content/Simple/Body/Text/Data", 65_536 / 4),
        ("mailgun", "/subject/0", 250),
        ("mailgun", "/text/0", 65_536 / 4),
    ];
    for (name, pointer, max) in parts {
        let text = |text: &str| told(&config, name, "down", text).pointer(pointer).unwrap().clone();
        let at = "\u{1f525}".repeat(max);
        if pointer.contains("ubject") {
            assert_eq!(text(&at), at, "{name} {pointer} at its limit");
            let beyond = text(&format!("{at}x"));
            assert_eq!(chars(&beyond), max, "{name} {pointer} one beyond");
            assert!(beyond.as_str().unwrap().ends_with('\u{2026}'), "{name} {pointer}");
        } else {
            // What a template makes of values has at most 64 KiB; more is told in our words.
            assert_eq!(text(&at), at, "{name} {pointer} at its limit");
            let beyond = text(&format!("{at}x"));
            assert!(beyond.as_str().unwrap().starts_with("Service DOWN"), "{name} {pointer}");
        }
    }
}

#[test]
fn a_mail_by_smtp_has_lines_that_every_server_takes() {
    let config = config_with(&json!({"email": {"subject": "{{message}}", "body": "{{message}}"}}));
    for length in [1, 60, 61, 250, 251, 997, 998, 999, 16_384, 16_385] {
        let told = told(&config, "smtp", "down", &"\u{1f525}".repeat(length));
        for line in told.as_array().unwrap() {
            let line = line.as_str().unwrap();
            assert!(line.len() <= 998 && line.is_ascii(), "{length}: {} bytes", line.len());
        }
    }
}

#[test]
fn a_webhook_gets_every_text_whole() {
    let config = config();
    for length in [1, 1_024, 4_096, 16_385] {
        let text = "\u{1f525}".repeat(length);
        assert_eq!(told(&config, "webhook", "down", &text)["message"], text, "nobody limits it");
    }
}
