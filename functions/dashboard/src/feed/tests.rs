use super::*;
use crate::fixture::{MINUTE_MS, NOW, config};

fn entry(minutes_ago: i64, severity: &str, source: &str) -> FeedEntry {
    FeedEntry {
        id: minutes_ago.to_string(),
        at: NOW.plus_ms(-minutes_ago * MINUTE_MS),
        title: format!("{severity} {minutes_ago}"),
        message: String::new(),
        severity: severity.to_owned(),
        source: source.to_owned(),
        service_id: None,
        status: None,
        muted: false,
        ..FeedEntry::default()
    }
}

fn page(feed: &[FeedEntry], kind: &str) -> FeedPage {
    let switches = Switches::of(&config(Vec::new(), &[]).settings);
    let matches = search(kind).matches;
    let entries = feed.iter().filter(|entry| matches(entry)).cloned().collect();
    FeedPage::of(&Found { entries, rest: None }, kind, NOW, switches)
}

#[test]
fn a_kind_leaves_the_others_out() {
    let rows = [
        ("", 5),
        ("critical", 2),
        ("warning", 2),
        ("info", 1),
        ("services", 1),
        ("external", 4),
        ("nonsense", 5),
    ];
    for (kind, expected) in rows {
        let feed = vec![
            entry(1, "critical", OURSELVES),
            entry(2, "Error", "grafana"),
            entry(3, "warning", "grafana"),
            entry(4, "info", "grafana"),
            entry(5, "odd", "grafana"),
        ];
        assert_eq!(page(&feed, kind).alerts.len(), expected, "{kind}");
    }
}

#[test]
fn what_is_over_is_no_trouble_and_what_was_not_told_is_shown() {
    let mut over = entry(1, "critical", "grafana");
    over.status = Some("resolved".to_owned());
    let mut firing = entry(2, "critical", "grafana");
    firing.status = Some("firing".to_owned());
    firing.undelivered = vec!["Channel 'x' is disabled".to_owned()];
    let feed = [over, firing];
    let all = page(&feed, "").alerts;
    let shown: Vec<_> = all.iter().map(|line| (line.class, line.severity.as_str())).collect();
    assert_eq!(shown, [("up", "resolved"), ("down", "critical")]);
    assert_eq!(all[1].undelivered, ["Channel 'x' is disabled"]);
    assert_eq!(page(&feed, "critical").alerts.len(), 1);
    assert_eq!(page(&feed, "info").alerts.len(), 1);
}

#[test]
fn lines_of_one_instant_are_all_on_some_page() {
    let switches = || Switches::of(&config(Vec::new(), &[]).settings);
    let line = |n: usize| {
        let place = FeedPlace { at: NOW, id: format!("{:02}", 70 - n) };
        (place, AlertLine::of(&FeedEntry { title: n.to_string(), ..entry(1, "info", "x") }, NOW))
    };
    let lines = || (0..70).map(line).collect::<Vec<_>>();
    let first = FeedPage::part(lines(), UNDELIVERED, None, NOW, switches());
    let href = format!("?kind=undelivered&before={}.21", NOW.0);
    assert_eq!((first.alerts.len(), first.older), (50, Some(href)));
    let before = place(&format!("{}.21", NOW.0));
    let second = FeedPage::part(lines(), UNDELIVERED, before.as_ref(), NOW, switches());
    let titles: Vec<_> = second.alerts.iter().map(|line| line.title.clone()).collect();
    assert_eq!(titles, (50..70).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(second.older, None);
}

#[test]
fn a_place_is_an_instant_and_an_id() {
    let of = |at, id: &str| Some(FeedPlace { at: UnixMs(at), id: id.to_owned() });
    let long = "x".repeat(600);
    let rows = [
        ("12.a", of(12, "a"), "both"),
        ("12.a.b#3", of(12, "a.b#3"), "an id may have dots"),
        ("12", of(12, ""), "an instant alone is what comes before all of it"),
        (&format!("12.{long}"), of(12, ""), "no id is so long"),
        ("x.a", None, "no instant"),
        ("", None, "nothing"),
    ];
    for (text, expected, sentence) in rows {
        assert_eq!(place(text), expected, "{sentence}");
    }
}
