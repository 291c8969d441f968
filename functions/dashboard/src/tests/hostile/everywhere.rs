//! The same on every route, with everything that others can write: what services say, alerts of other
//! tools, what channels answer, what visitors ask for.

use flatline_domain::{Event, QueuedNotice, Reason, Status, Transition, UnixMs};
use flatline_shared::store::{
    Beat, Commit, Delivery, Ended, Ending, FeedEntry, Lane, LogEntry, NewDelivery, Notice, TickMark,
};
use http::{Request, header};
use url::form_urlencoded;

use super::{config, id, shape, texts};
use crate::fixture::{MINUTE_MS, NOW};
use crate::tests::atom::elements;
use crate::tests::bench::Bench;

async fn bench(text: &str) -> Bench {
    let bench = Bench::of(config(text, 0)).await;
    let (store, service) = (&bench.app.store, format!("a{}", id(text)));
    let beat = Beat { id: &service, at: NOW, window_ms: MINUTE_MS, stated: Some(Status::Down) };
    store.beat(&beat).await.unwrap();
    let said = LogEntry {
        at: NOW,
        status: Some(text.chars().take(16).collect()),
        message: Some(text.to_owned()),
        metadata: Some(serde_json::json!({ text: text })),
        duration_ms: Some(1),
        source: text.to_owned(),
    };
    store.write_log(&service, &said, 0, 7).await.unwrap();
    store.start_tick(&TickMark { at: NOW, revision: 1 }).await.unwrap();
    outage(&bench, &service, text).await;
    let entry = |id: &str, service_id: Option<&str>| FeedEntry {
        id: format!("{id}{text}"),
        at: NOW.plus_ms(-MINUTE_MS),
        title: text.to_owned(),
        message: text.to_owned(),
        severity: text.to_owned(),
        source: text.to_owned(),
        service_id: service_id.map(str::to_owned),
        status: Some(text.to_owned()),
        muted: false,
        ..FeedEntry::default()
    };
    let entries = [entry("1", None), entry("2", Some(&service))];
    store.import_feed(&entries, 7, NOW).await.unwrap();
    bench
}

/// The service goes down, and a channel answers something odd.
async fn outage(bench: &Bench, service: &str, text: &str) {
    let store = &bench.app.store;
    let before = store.service(service).await.unwrap().unwrap();
    let one = Transition {
        version: before.version + 1,
        from: before.status,
        to: Status::Down,
        since: before.status_since,
        at: NOW,
        decided_at: NOW,
        reason: Reason::Reported,
    };
    let notice: Notice = serde_json::from_value(serde_json::json!({
        "id": service, "name": text, "status": "down", "previous": "up", "at": NOW.0, "since": 0,
        "last_seen": null, "window_ms": MINUTE_MS, "reason": text,
    }))
    .unwrap();
    let queued = QueuedNotice {
        version: one.version,
        n: 0,
        event: Event::Down,
        status: Status::Down,
        committed_at: NOW,
        next_at: None,
        closing: false,
    };
    let delivery = Delivery { lane: Lane::Service(service.to_owned()), queued, notice };
    let commit = Commit {
        before: &before,
        transitions: &[one],
        service_name: text,
        outbox: vec![NewDelivery { channel: text.to_owned(), delivery }],
        muted: false,
        retention_days: 120,
        feed_days: 7,
        wake: UnixMs::NEVER,
    };
    store.commit(&commit).await.unwrap();
    let row = store.queued(text).await.unwrap().remove(0);
    let answer = text.to_owned();
    let ended = Ended { row, ending: Ending::Dead, at: NOW, answer, copy_to: None };
    store.mark(&[ended]).await.unwrap();
}

/// What a path answers to whoever may see everything.
async fn read(bench: &Bench, path: &str) -> String {
    let request = Request::get(path).header(header::HOST, "status.example.com");
    bench.answer(request.header(header::AUTHORIZATION, "Bearer read-key")).await.2
}

/// A text as part of an address.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

/// What browsers see on every page, the form to sign in after a wrong password included.
async fn pages(text: &str) -> Vec<Vec<String>> {
    let bench = bench(text).await;
    let (service, asked) = (encoded(&format!("a{}", id(text))), encoded(text));
    let mut seen = Vec::new();
    for path in [
        format!("/?q={asked}&status={asked}"),
        format!("/board?q={asked}"),
        format!("/services/{service}"),
        format!("/services/{service}?part"),
        format!("/alerts?kind={asked}"),
        "/export".to_owned(),
    ] {
        let html = read(&bench, &path).await;
        assert!(html.len() > 300, "{path}: {html}");
        seen.push(shape(&html));
    }
    let form = format!("password={asked}&next={asked}");
    let request = Request::post("/login").body(form.into()).unwrap();
    seen.push(shape(&bench.send(request).await.2));
    seen
}

#[tokio::test]
async fn no_text_of_anybody_becomes_an_element_or_an_attribute_of_any_page() {
    let harmless = pages("name").await;
    assert!(harmless.iter().all(|page| page.len() > 10));
    for text in texts() {
        let pages = pages(&text).await;
        for (found, expected) in pages.iter().zip(&harmless) {
            assert_eq!(found, expected, "{text}");
        }
    }
}

#[tokio::test]
async fn nor_of_the_feed_a_badge_or_the_metrics() {
    let shapes = async |text: &str| {
        let bench = bench(text).await;
        let (service, asked) = (encoded(&format!("a{}", id(text))), encoded(text));
        let mut seen = Vec::new();
        for path in [
            "/feed.atom".to_owned(),
            format!("/feed.atom?service={service}"),
            format!("/badge/{service}.svg?label={asked}"),
            format!("/badge/{asked}.svg"),
        ] {
            let xml = read(&bench, &path).await;
            let names = elements(&xml).into_iter().map(|element| {
                let attributes = element.attributes.into_iter().map(|(name, _)| name);
                [element.path].into_iter().chain(attributes).collect::<Vec<_>>().join(" ")
            });
            seen.push(names.collect::<Vec<_>>());
        }
        let metrics = read(&bench, "/metrics").await;
        let starts = metrics.lines().map(|line| line.split(['{', ' ']).next().unwrap().to_owned());
        seen.push(starts.collect());
        seen
    };
    let harmless = shapes("name").await;
    for text in texts() {
        assert_eq!(shapes(&text).await, harmless, "{text}");
    }
}
