//! That each vendor takes what its documents allow, up to the limit, and nothing beyond.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flatline_domain::UnixMs;
use http::{HeaderMap, HeaderName};
use ring::hmac;
use serde_json::{Value, json};

use super::{Vendor, Visit, ringing};
use crate::receiver::Received;

fn request(path: &str, headers: &[(&str, &str)], body: &str) -> Received {
    let header = |(name, value): &(&str, &str)| {
        (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())
    };
    Received {
        at: UnixMs(1_795_344_741_683),
        method: "POST".to_owned(),
        path: path.to_owned(),
        headers: headers.iter().map(header).collect::<HeaderMap>(),
        json: serde_json::from_str(body).unwrap_or_default(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

fn of_json(path: &str, body: &Value) -> Received {
    request(path, &[("content-type", "application/json")], &body.to_string())
}

/// Each row: the request, a word of the rule that it breaks (none if it is accepted), and why.
fn judge(vendor: Vendor, rows: &[(Received, &str, &str)]) {
    for (request, rule, what) in rows {
        match vendor.rule(request) {
            Ok(_) => assert_eq!(*rule, "", "{vendor:?} accepted: {what}"),
            Err(refusal) => {
                let told = refusal.rule;
                assert!(!rule.is_empty() && told.contains(rule), "{vendor:?}: {what}: {told}");
            }
        }
    }
}

/// So many characters of two UTF-16 units and four bytes.
fn crabs(count: usize) -> String {
    "🦀".repeat(count)
}

#[test]
fn discord() {
    let path = "/api/webhooks/1180000000000000001/discord-token-nobody-may-read?wait=true";
    let embed = |embed: Value| of_json(path, &json!({"embeds": [embed]}));
    let full = json!({"name": crabs(128), "value": crabs(512)});
    let of = |fields: usize| json!({"title": "t", "fields": vec![full.clone(); fields]});
    let small = json!({"name": "n", "value": "v"});
    judge(
        Vendor::Discord,
        &[
            (embed(json!({"title": crabs(128)})), "", "a title at its limit"),
            (embed(json!({"title": crabs(129)})), "title", "one beyond"),
            (embed(json!({"description": crabs(2_048)})), "", "a description at its limit"),
            (embed(json!({"description": crabs(2_049)})), "description", "one beyond"),
            (embed(of(4)), "", "5,121 units in all"),
            (embed(of(5)), "together", "6,401 units in all"),
            (embed(json!({"fields": vec![small.clone(); 25]})), "", "25 fields"),
            (embed(json!({"fields": vec![small; 26]})), "fields", "26 fields"),
            (embed(json!({"fields": [{"name": "n", "value": ""}]})), "value", "an empty field"),
            (embed(json!({"url": "javascript:x"})), "url", "no address of a page"),
            (of_json(path, &json!({})), "required", "nothing to say"),
            (of_json("/api/webhooks/2/x", &json!({})), "id", "another webhook"),
            (of_json("/api/webhooks/1180000000000000001/x", &json!({})), "token", "a wrong token"),
            (request(path, &[], "{}"), "JSON", "without a media type"),
        ],
    );
}

#[test]
fn slack() {
    let path = "/services/T0000/B0000/slack-token-nobody-may-read";
    let plain = |text: String| json!({"type": "plain_text", "text": text});
    let blocks = |blocks: Vec<Value>| of_json(path, &json!({"text": "t", "blocks": blocks}));
    let section = |count| json!({"type": "section", "text": plain("x".repeat(count))});
    judge(
        Vendor::Slack,
        &[
            (of_json(path, &json!({"text": "hello"})), "", "a text"),
            (of_json(path, &json!({})), "required", "nothing to say"),
            (of_json(path, &json!({"attachments": [{"fallback": "x"}]})), "text", "no text"),
            (of_json(path, &json!({"blocks": [section(9)]})), "text", "blocks without a text"),
            (of_json(path, &json!({"text": "a & b"})), "&", "a text that is not escaped"),
            (blocks(vec![section(3_000)]), "", "a section at its limit"),
            (blocks(vec![section(3_001)]), "section", "one beyond"),
            (blocks(vec![section(3_000); 4]), "", "12,000 in all"),
            (blocks(vec![section(3_000); 5]), "all blocks", "15,000 in all"),
            (blocks(vec![json!({"type": "header", "text": plain(crabs(150))})]), "", "a header"),
            (blocks(vec![json!({"type": "header", "text": plain(crabs(151))})]), "header", "long"),
            (blocks(vec![json!({"type": "section", "text": plain("a & b".into())})]), "&", "bare"),
            (blocks(vec![json!({"type": "poem"})]), "poem", "an unknown block"),
            (of_json("/services/T/B/X", &json!({"text": "x"})), "path", "another webhook"),
        ],
    );
}

#[test]
fn telegram() {
    let path = "/bot110201543:AAH-telegram-token-nobody-may-read/sendMessage";
    let text = |text: &str| {
        of_json(path, &json!({"chat_id": "-1001234567890", "text": text, "parse_mode": "HTML"}))
    };
    judge(
        Vendor::Telegram,
        &[
            (text(&format!("<b>{}</b>", crabs(2_048))), "", "4,096 units, marks not counted"),
            (text(&crabs(2_049)), "UTF-16", "one beyond"),
            (text(&"&amp;".repeat(4_096)), "", "entities count as what they show"),
            (text("a < b"), "tag", "not escaped"),
            (text("a & b"), "escaped", "not escaped, to the end"),
            (text("a & b;"), "entity", "not escaped, before a semicolon"),
            (text("<b>x"), "closed", "not closed"),
            (text("<b><i>x</b></i>"), "closes", "closed in another order"),
            (text("<img src=\"x\">"), "img", "a tag that it does not know"),
            (text("<a href=\"https://x\">y</a>"), "", "a link"),
            (text("<b></b>"), "required", "nothing to see"),
            (of_json("/bot1:x/sendMessage", &json!({})), "token", "a wrong token"),
            (of_json(path, &json!({"chat_id": 5, "text": "x"})), "chat_id", "another chat"),
        ],
    );
}

#[test]
fn mailgun() {
    let basic = format!("Basic {}", STANDARD.encode("api:key-mailgun-nobody-may-read"));
    let form = |path: &str, body: &str| {
        let media_type = ("content-type", "application/x-www-form-urlencoded");
        request(path, &[("authorization", &basic), media_type], body)
    };
    let (path, all) = ("/v3/mg.example.com/messages", "from=a%40b&to=c%40d&subject=s&text=t");
    judge(
        Vendor::Mailgun,
        &[
            (form(path, all), "", "all that is needed"),
            (form(path, "to=c%40d&subject=s&text=t"), "sender", "no sender"),
            (form(path, "from=a%40b&subject=s&text=t"), "recipients", "nobody to send it to"),
            (form(path, "from=a%40b&to=c%40d&subject=s"), "text", "nothing to say"),
            (form(path, &format!("{all}&h:X=a%0Ab")), "headers", "a header of two lines"),
            (form("/v3/other.example/messages", all), "domain", "another domain"),
            (request(path, &[], all), "credentials", "no key"),
        ],
    );
}

#[test]
fn ses() {
    let email = |to: usize, from: &str, text: &str| {
        json!({
            "FromEmailAddress": from,
            "Destination": {"ToAddresses": vec!["a@b"; to]},
            "Content": {"Simple": {
                "Subject": {"Data": "s"}, "Body": {"Text": {"Data": text}},
            }},
        })
    };
    let rows = [
        (email(50, "f@b", "t"), "", "fifty recipients"),
        (email(51, "f@b", "t"), "ToAddresses", "one beyond"),
        (email(0, "f@b", "t"), "ToAddresses", "nobody to send it to"),
        (email(1, "Ünal <f@b>", "t"), "ASCII", "a name that is not encoded"),
        (email(1, "f@b", ""), "Text", "nothing to say"),
    ];
    for (email, rule, what) in rows {
        let told = super::ses::checked(&email).err().unwrap_or_default();
        assert!(told.contains(rule) && told.is_empty() == rule.is_empty(), "{what}: {told}");
    }
    let unsigned = of_json("/v2/email/outbound-emails", &email(1, "f@b", "t"));
    judge(Vendor::Ses, &[(unsigned, "signature", "not signed")]);
}

#[test]
fn pushover() {
    let with = |key: &str, value: Value| {
        let mut body = json!({
            "token": "azGDORePK8gMaC0QOYAMyEEuzJnyUi", "user": "uQiRzpo4DXghDmr9QzzfQu27cmVRsG",
            "message": "m", "priority": 2, "retry": 30, "expire": 10_800,
        });
        body[key] = value;
        of_json("/1/messages.json", &body)
    };
    judge(
        Vendor::Pushover,
        &[
            (with("message", crabs(1_024).into()), "", "a message at its limit"),
            (with("message", crabs(1_025).into()), "message", "one beyond"),
            (with("title", crabs(251).into()), "title", "a long title"),
            (with("priority", 3.into()), "priority", "an unknown priority"),
            (with("retry", 29.into()), "retry", "too often"),
            (with("expire", 10_801.into()), "expire", "for too long"),
            (with("message", "".into()), "message", "nothing to say"),
            (with("token", "x".into()), "token", "a wrong token"),
            (with("user", "x".into()), "user", "an unknown user"),
            (with("tags", "api,shop-1".into()), "", "an emergency with tags"),
            (with("tags", "api,".into()), "tags", "an empty tag"),
            (with("tags", json!(["api"])), "tags", "tags in a list of JSON"),
        ],
    );
    let end = |path: &str, token: &str| of_json(path, &json!({ "token": token }));
    let token = "azGDORePK8gMaC0QOYAMyEEuzJnyUi";
    judge(
        Vendor::Pushover,
        &[
            (end("/1/receipts/cancel_by_tag/api.json", token), "", "the end of an emergency"),
            (end("/1/receipts/cancel_by_tag/api.json", "x"), "token", "by another application"),
            (end("/1/receipts/cancel_by_tag/.json", token), "path", "the end of none"),
            (end("/1/receipts/cancel_by_tag/api", token), "path", "not as JSON"),
        ],
    );
}

#[test]
fn pagerduty() {
    let with = |path: &[&str], value: Value| {
        let mut body = json!({
            "routing_key": "R0123456789ABCDEF0123456789ABCDE", "event_action": "trigger",
            "payload": {"summary": "s", "source": "api", "severity": "critical"},
        });
        *path.iter().fold(&mut body, |value, key| &mut value[*key]) = value;
        of_json("/v2/enqueue", &body)
    };
    judge(
        Vendor::PagerDuty,
        &[
            (with(&["payload", "summary"], crabs(1_024).into()), "", "a summary at its limit"),
            (with(&["payload", "summary"], crabs(1_025).into()), "summary", "one beyond"),
            (with(&["payload", "source"], Value::Null), "source", "no source"),
            (with(&["payload", "severity"], "fatal".into()), "severity", "a fifth severity"),
            (with(&["dedup_key"], "k".repeat(256).into()), "dedup_key", "a long key"),
            (with(&["event_action"], "resolve".into()), "dedup_key", "nothing to resolve"),
            (with(&["links"], json!([{"href": "x"}])), "href", "no address"),
            (with(&["routing_key"], "x".into()), "routing_key", "a wrong key"),
        ],
    );
}

#[test]
fn webhook() {
    let sent = |at_s: i64, body: &str, signed: &str| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"a secret of the tests, 32 bytes.");
        let tag = hmac::sign(&key, format!("id1.{at_s}.{signed}").as_bytes());
        let headers = [
            ("content-type", "application/json"),
            ("authorization", "Bearer webhook-token-nobody-may-read"),
            ("webhook-id", "id1"),
            ("webhook-timestamp", &at_s.to_string()),
            ("webhook-signature", &format!("v1,{}", STANDARD.encode(tag))),
        ];
        request("/in?team=ops", &headers, body)
    };
    let now_s = 1_795_344_741;
    judge(
        Vendor::Webhook,
        &[
            (sent(now_s, "{}", "{}"), "", "signed"),
            (sent(now_s, "{\"a\":1}", "{}"), "signature", "changed on the way"),
            (sent(now_s - 301, "{}", "{}"), "too old", "an old one, repeated"),
            (sent(now_s, "x", "x"), "JSON", "no JSON"),
            (of_json("/in?team=ops", &json!({})), "bearer", "no bearer"),
            (of_json("/in", &json!({})), "address", "another address"),
        ],
    );
}

#[test]
fn an_emergency_rings_until_one_of_its_tags_is_cancelled() {
    let visit =
        |request, broken: Option<&str>| Visit { request, broken: broken.map(str::to_owned) };
    let rings = |tags: &str| of_json("/1/messages.json", &json!({"priority": 2, "tags": tags}));
    let calm = of_json("/1/messages.json", &json!({"priority": 1}));
    let end = |tag: &str| of_json(&format!("/1/receipts/cancel_by_tag/{tag}.json"), &json!({}));
    let mut visits =
        vec![visit(rings("api"), None), visit(rings("web, db"), None), visit(calm, None)];
    let mut ringing_after = |next: Visit| {
        visits.push(next);
        ringing(&visits).len()
    };
    assert_eq!(ringing_after(visit(end("ap"), None)), 2, "another tag");
    assert_eq!(ringing_after(visit(end("db"), Some("refused"))), 2, "a cancel that was refused");
    assert_eq!(ringing_after(visit(end("db"), None)), 1, "one of two tags");
    assert_eq!(ringing_after(visit(end("api"), None)), 0, "the tag");
    assert_eq!(ringing_after(visit(rings("api"), None)), 1, "it rings again");
}
