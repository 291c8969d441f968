//! Alerts that lie behind very many others.

use flatline_domain::UnixMs;
use flatline_shared::store::FeedEntry;

use super::{Bench, get};
use crate::fixture::{DAY_MS, NOW, config, configured, service};

fn entry(id: &str, at: UnixMs, severity: &str, service_id: Option<&str>) -> FeedEntry {
    FeedEntry {
        id: id.to_owned(),
        at,
        title: format!("T{id}."),
        severity: severity.to_owned(),
        source: "grafana".to_owned(),
        service_id: service_id.map(str::to_owned),
        ..FeedEntry::default()
    }
}

/// Every title that is seen by following "Older alerts" from here on, page by page.
async fn followed(bench: &Bench, path: &str) -> Vec<Vec<String>> {
    let (mut pages, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next {
        let (_, _, html) = get(bench, &path).await;
        let titles = html.split("<span>T").skip(1).filter_map(|rest| rest.split_once(".</span>"));
        pages.push(titles.map(|(title, _)| title.to_owned()).collect());
        let href = html.split_once("<p class=\"nothing\"><a href=\"").map(|(_, rest)| rest);
        let href = href.and_then(|rest| Some(rest.split_once('"')?.0.replace("&amp;", "&")));
        next = href.map(|href| format!("/alerts{href}"));
        assert!(pages.len() < 50, "the way ends");
    }
    pages
}

#[tokio::test]
async fn a_storm_hides_nothing_that_came_before_it() {
    let services = r#"{"services":[{"id":"api","name":"API","stalenessThreshold":300}]}"#;
    let bench = Bench::of(configured([("services.json", services)], &[])).await;
    let mut entries = vec![
        entry("first", NOW.plus_ms(-7_200_000), "critical", Some("api")),
        entry("yesterday", NOW.plus_ms(-DAY_MS), "warning", None),
    ];
    let storm = (0..1_100_u32).map(|n| {
        let at = NOW.plus_ms(-i64::from(n) * 1_000);
        entry(&format!("i{n:04}"), at, "info", None)
    });
    entries.extend(storm);
    bench.app.store.import_feed(&entries, 7, NOW).await.unwrap();
    let all: Vec<String> = followed(&bench, "/alerts").await.concat();
    assert_eq!(all.len(), 1_101, "the one with a service is a link");
    assert_eq!((all[0].as_str(), all[1_100].as_str()), ("i0000", "yesterday"));
    for (kind, expected) in
        [("critical", "href=\"./services/api\">Tfirst."), ("warning", "<span>Tyesterday.")]
    {
        let (_, _, html) = get(&bench, &format!("/alerts?kind={kind}")).await;
        assert!(html.contains(expected), "{kind}: {html}");
        assert!(!html.contains("Older alerts"), "{kind}");
    }
    let (_, _, atom) = get(&bench, "/feed.atom?service=api").await;
    assert!(atom.contains("Tfirst."), "{atom}");
}

#[tokio::test]
async fn what_came_at_one_instant_is_all_on_some_page() {
    let bench = Bench::of(config(vec![service("api", "API")], &[])).await;
    let entries: Vec<_> =
        (0..170_u32).map(|n| entry(&format!("a b.{n:03}"), NOW, "warning", None)).collect();
    bench.app.store.import_feed(&entries, 7, NOW).await.unwrap();
    for kind in ["", "warning", "external"] {
        let pages = followed(&bench, &format!("/alerts?kind={kind}")).await;
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 50, 20], "{kind}");
        let expected: Vec<_> = (0..170).rev().map(|n| format!("a b.{n:03}")).collect();
        assert_eq!(pages.concat(), expected, "{kind}");
    }
}
