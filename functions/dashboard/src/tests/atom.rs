//! The feed, read back with a parser of XML.

use flatline_domain::UnixMs;
use flatline_shared::config::Config;
use flatline_shared::store::FeedEntry;
use http::{Request, StatusCode, header};
use quick_xml::Reader;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesStart, Event};

use super::bench::Bench;
use super::get;
use crate::fixture::{MINUTE_MS, NOW, configured};

fn config() -> Config {
    let services = r#"{"groups":[{"id":"core & co","name":"Core","services":["api","db"]}],
        "services":[{"id":"api","name":"API <1>"},{"id":"db"},{"id":"edge"}]}"#;
    configured([("services.json", services)], &[])
}

fn entry(minutes_ago: i64, service_id: Option<&str>, text: &str) -> FeedEntry {
    FeedEntry {
        id: format!("{}#{minutes_ago}", service_id.unwrap_or("x")),
        at: NOW.plus_ms(-minutes_ago * MINUTE_MS),
        title: format!("Title {text}"),
        message: format!("Message {text}"),
        severity: "Critical".to_owned(),
        source: if service_id.is_some() { "heartbeat-monitor" } else { text }.to_owned(),
        service_id: service_id.map(str::to_owned),
        status: None,
        muted: false,
        ..FeedEntry::default()
    }
}

async fn bench(entries: &[FeedEntry]) -> Bench {
    let bench = Bench::of(config()).await;
    bench.app.store.import_feed(entries, 7, NOW).await.unwrap();
    bench
}

/// One element of XML.
#[derive(Debug)]
pub struct Element {
    /// The names from the root on.
    pub path: String,
    /// Names and values of its attributes.
    pub attributes: Vec<(String, String)>,
    /// What is in it before its first child.
    pub text: String,
}

impl Element {
    fn of(parents: &[String], tag: &BytesStart<'_>) -> Self {
        let attribute = |attribute: Attribute<'_>| {
            let name = String::from_utf8_lossy(attribute.key.as_ref()).into_owned();
            (name, attribute.unescape_value().unwrap().into_owned())
        };
        let attributes = tag.attributes().map(|it| attribute(it.unwrap())).collect();
        let path = parents.iter().cloned().chain([name(tag)]).collect::<Vec<_>>().join("/");
        Self { path, attributes, text: String::new() }
    }
}

fn name(tag: &BytesStart<'_>) -> String {
    String::from_utf8(tag.name().as_ref().to_vec()).unwrap()
}

/// Every element in order. Panics where it is no XML.
pub fn elements(xml: &str) -> Vec<Element> {
    let mut reader = Reader::from_str(xml);
    let (mut parents, mut found): (Vec<String>, Vec<Element>) = (Vec::new(), Vec::new());
    loop {
        match reader.read_event().unwrap_or_else(|error| panic!("{error}: {xml}")) {
            Event::Start(tag) => {
                found.push(Element::of(&parents, &tag));
                parents.push(name(&tag));
            }
            Event::Empty(tag) => found.push(Element::of(&parents, &tag)),
            Event::End(_) => drop(parents.pop()),
            Event::Text(text) => {
                if let Some(last) = found.last_mut() {
                    last.text.push_str(&text.decode().unwrap());
                }
            }
            Event::GeneralRef(reference) => {
                found.last_mut().unwrap().text.push_str(meaning(&reference.decode().unwrap()));
            }
            Event::Decl(_) => {}
            Event::Eof => {
                assert!(parents.is_empty(), "{parents:?}");
                for element in &mut found {
                    element.text = element.text.trim().to_owned();
                }
                return found;
            }
            other => panic!("nothing of ours has {other:?}"),
        }
    }
}

/// What a reference stands for.
fn meaning(reference: &str) -> &'static str {
    match reference {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "#39" => "'",
        other => panic!("&{other};"),
    }
}

fn texts<'f>(found: &'f [Element], path: &str) -> Vec<&'f str> {
    found.iter().filter(|it| it.path == path).map(|it| it.text.as_str()).collect()
}

#[tokio::test]
async fn the_feed_tells_what_changed() {
    let bench = bench(&[entry(5, Some("api"), "one"), entry(2, None, "grafana")]).await;
    let (status, headers, xml) = get(&bench, "/feed.atom").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[header::CONTENT_TYPE], "application/atom+xml; charset=utf-8");
    insta::assert_snapshot!(xml);
    let found = elements(&xml);
    let links = found.iter().flat_map(|it| &it.attributes).filter(|(name, _)| name == "href");
    let links: Vec<_> = links.map(|(_, link)| link).collect();
    assert_eq!(links.len(), 4);
    assert!(links.iter().all(|link| link.starts_with("http://127.0.0.1:8080/")), "{links:?}");
    let request = Request::get("/feed.atom").header(header::HOST, "127.0.0.1:8080");
    let known = request.header(header::IF_NONE_MATCH, &headers[header::ETAG]);
    assert_eq!(bench.answer(known).await.0, StatusCode::NOT_MODIFIED);
}

#[tokio::test]
async fn identities_stay_whatever_the_address_and_differ_between_tables() {
    let entries = [entry(5, Some("api"), "one"), entry(6, Some("api"), "two")];
    let bench = bench(&entries).await;
    let ids = async |host: &str| {
        let (_, _, xml) = bench.answer(Request::get("/feed.atom").header("host", host)).await;
        let found = elements(&xml);
        [texts(&found, "feed/id"), texts(&found, "feed/entry/id")].concat().join(" ")
    };
    let here = ids("status.example.com").await;
    assert_eq!(here, ids("127.0.0.1:8080").await);
    let mut each: Vec<_> = here.split(' ').collect();
    assert!(each.iter().all(|id| id.starts_with("urn:uuid:")), "{each:?}");
    each.dedup();
    assert_eq!(each.len(), 3);
}

#[tokio::test]
async fn a_group_or_a_service_has_a_feed_of_its_own() {
    let entries = [
        entry(1, Some("api"), "api"),
        entry(2, Some("db"), "db"),
        entry(3, Some("edge"), "edge"),
        entry(4, None, "external"),
    ];
    let bench = bench(&entries).await;
    for (query, title, expected) in [
        ("", "Flatline", 4),
        ("?group=core+%26+co", "Core, Flatline", 2),
        ("?service=api", "API <1>, Flatline", 1),
    ] {
        let (_, _, xml) = get(&bench, &format!("/feed.atom{query}")).await;
        let found = elements(&xml);
        assert_eq!(texts(&found, "feed/entry").len(), expected, "{query}");
        assert!(texts(&found, "feed/title")[0].ends_with(title), "{query}: {xml}");
        let (_, _, own) = get(&bench, &format!("/feed.atom{query}")).await;
        assert_eq!(own, xml, "{query}");
    }
    for (query, error) in [("service=nope", "Unknown serviceId"), ("group=nope", "Unknown group")] {
        let (status, answer) = super::json(&bench, &format!("/feed.atom?{query}")).await;
        assert_eq!((status, answer["error"].as_str()), (StatusCode::NOT_FOUND, Some(error)));
    }
}

#[tokio::test]
async fn a_feed_without_entries_is_one() {
    let bench = bench(&[]).await;
    let (status, _, xml) = get(&bench, "/feed.atom").await;
    assert_eq!(status, StatusCode::OK);
    let found = elements(&xml);
    let updated = texts(&found, "feed/updated")[0];
    let updated = flatline_shared::render::time::parse_rfc3339(updated).unwrap();
    assert_eq!(updated, NOW, "when the table was made: {xml}");
    assert_ne!(updated, UnixMs(0));
}

#[tokio::test]
async fn what_no_xml_can_say_is_left_out() {
    let odd = "\u{0}\u{8}\u{1f}]]>\u{ffff} <b>&amp;</b> \u{1f600}";
    let bench = bench(&[entry(1, None, odd), entry(2, Some("api"), "")]).await;
    let (_, _, xml) = get(&bench, "/feed.atom").await;
    let found = elements(&xml);
    assert_eq!(texts(&found, "feed/entry/content")[0], "Message ]]> <b>&amp;</b> \u{1f600}");
}

#[tokio::test]
async fn pages_name_their_feeds_to_who_may_read_them() {
    let bench = bench(&[]).await;
    for (path, expected) in [
        ("/", vec!["/feed.atom", "/feed.atom?group=core+%26+co"]),
        ("/alerts", vec!["/feed.atom"]),
        ("/services/api", vec!["/feed.atom", "/feed.atom?service=api"]),
    ] {
        let (_, _, html) = get(&bench, path).await;
        let links = html.lines().filter(|line| line.contains("application/atom+xml"));
        let named: Vec<_> = links
            .filter_map(|line| line.split_once("href=\"")?.1.split_once('"'))
            .map(|(address, _)| address.trim_start_matches('.'))
            .collect();
        assert_eq!(named, expected, "{path}");
        for feed in named {
            assert_eq!(get(&bench, feed).await.0, StatusCode::OK, "{feed}");
        }
    }
    let services = ("services.json", r#"{"services":[{"id":"api"}]}"#);
    let off = r#"{"api":{"enableAlertHistoryEndpoint":false}}"#;
    let locked = r#"{"dashboard":{"access":"password"}}"#;
    for settings in [off, locked] {
        let files = [services, ("settings.json", settings)];
        let config = configured(files, &[("DASHBOARD_PASSWORD", "a long password")]);
        let (_, _, html) = get(&Bench::of(config).await, "/").await;
        assert!(!html.contains("feed.atom"), "{settings}: {html}");
    }
}
