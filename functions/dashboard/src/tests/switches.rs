//! Each key of dashboard.json and of the page's part of settings.json has its effect.

use flatline_shared::config::{Config, Env};
use flatline_shared::store::Beat;

use super::bench::Bench;
use super::get;
use crate::fixture::{DAY_MS, MINUTE_MS, NOW};

/// The page with these two files.
async fn page(dashboard: &str, settings: &str) -> String {
    let files = [
        ("services.json", r#"{"services":[{"id":"api","name":"API"}]}"#),
        ("dashboard.json", dashboard),
        ("settings.json", settings),
    ];
    let bench = Bench::of(Config::from_json(files, &Env::default()).unwrap()).await;
    let beat = Beat { id: "api", at: NOW, window_ms: 5 * MINUTE_MS, stated: None };
    bench.app.store.beat(&beat).await.unwrap();
    let (_, _, html) = get(&bench, "/").await;
    let (head, rest) = html.split_once("<style>").unwrap();
    let (_, body) = rest.split_once("</style>").unwrap();
    format!("{head}{body}")
}

#[tokio::test]
async fn a_switch_takes_its_part_off_the_page() {
    let rows = [
        (r#"{"features":{"showRefreshButton":false}}"#, "id=\"refresh\""),
        (r#"{"features":{"showLastUpdated":false}}"#, ">Updated "),
        (r#"{"features":{"showUptimePercentage":false}}"#, "class=\"uptime\""),
        (r#"{"features":{"showUptimeHistory":false}}"#, "<svg class=\"strip\""),
        (r#"{"features":{"show90DayHistory":false}}"#, "class=\"legend\""),
        (r#"{"features":{"showExportButton":false}}"#, "href=\"./export\""),
        (r#"{"features":{"showAlertHistoryButton":false}}"#, "href=\"./alerts\""),
        (r#"{"api":{"enableUptimeEndpoint":false}}"#, "href=\"./export\""),
        (r#"{"api":{"enableAlertHistoryEndpoint":false}}"#, "href=\"./alerts\""),
        (r#"{"features":{"autoRefreshSeconds":0}}"#, "data-refresh=\"30000\""),
        (r#"{"alertNotifications":{"enableToastNotifications":false}}"#, " data-toasts"),
        (r#"{"alertNotifications":{"enableBrowserNotifications":false}}"#, "id=\"notify\""),
        (r#"{"alertNotifications":{"pollingIntervalSeconds":0}}"#, "id=\"notify\""),
        (r#"{"api":{"enableAlertHistoryEndpoint":false}}"#, "data-poll=\"60000\""),
    ];
    let whole = page("{}", "{}").await;
    for (settings, part) in rows {
        assert!(whole.contains(part), "{part}: {whole}");
        assert!(!page("{}", settings).await.contains(part), "{settings}");
    }
}

#[tokio::test]
async fn a_value_is_on_the_page() {
    let of_settings = [
        (r#"{"features":{"autoRefreshSeconds":45}}"#, "data-refresh=\"45000\""),
        (r#"{"features":{"uptimeRetentionDays":30}}"#, "<span>30 days ago</span>"),
        (r#"{"uptime":{"retentionDays":14}}"#, "<span>14 days ago</span>"),
        (r#"{"alertNotifications":{"pollingIntervalSeconds":90}}"#, "data-poll=\"90000\""),
        (r#"{"alertNotifications":{"localStorageKey":"seen"}}"#, "data-key=\"seen\""),
        (
            r#"{"alertNotifications":{"severityFilter":["Critical","error"]}}"#,
            "data-severities=\"critical error\"",
        ),
        (
            r##"{"uptimeThresholds":[{"name":"all","min":0,"color":"#123456","label":"Fine"}]}"##,
            "title=\"from 0 %\">Fine",
        ),
        (
            r#"{"uptime":{"thresholdProfile":"ours"},
                "uptimeThresholds":{"ours":[{"name":"all","min":0,"label":"As agreed"}]}}"#,
            "title=\"from 0 %\">As agreed",
        ),
    ];
    for (settings, expected) in of_settings {
        let html = page("{}", settings).await;
        assert!(html.contains(expected), "{settings}: {html}");
    }
    let of_dashboard = [
        (r#"{"header":{"title":"Contoso"}}"#, "<span>Contoso</span></a></h1>"),
        (r#"{"header":{"subtitle":"Below"}}"#, "<p class=\"subtitle\">Below</p>"),
        (
            r#"{"header":{"logoUrl":"https://example.com/l.png","logoAlt":"Us"}}"#,
            "<img class=\"logo\" src=\"https://example.com/l.png\" alt=\"Us\">",
        ),
        (
            r#"{"header":{"links":[{"text":"Docs","url":"https://example.com/","highlight":true}]}}"#,
            "<a href=\"https://example.com/\" class=\"highlight\">Docs</a>",
        ),
        (r#"{"branding":{"pageTitle":"Wall"}}"#, " · Wall</title>"),
        (
            r#"{"branding":{"favicon":"https://example.com/f.ico"}}"#,
            "<link rel=\"icon\" href=\"https://example.com/f.ico\">",
        ),
        (r#"{"theme":{"defaultMode":"dark"}}"#, "<html lang=\"en\" data-theme=\"dark\">"),
        (r#"{"footer":{"text":"Ours"}}"#, "<p>Ours</p>"),
        (
            r#"{"footer":{"links":[{"text":"Runbook","url":"/run"}]}}"#,
            "<a href=\"/run\">Runbook</a>",
        ),
        (
            r#"{"footer":{"links":[{"text":"Runbook","url":"/run","highlight":true}]}}"#,
            "<a href=\"/run\" class=\"highlight\">Runbook</a>",
        ),
        (
            r#"{"uptimeThresholds":[{"name":"all","min":0,"label":"Of the page"}]}"#,
            "title=\"from 0 %\">Of the page",
        ),
        (r#"{"customHtml":{"headerExtra":"<b>top</b>"}}"#, "<b>top</b>\n</header>"),
        (r#"{"customHtml":{"footerExtra":"<b>end</b>"}}"#, "<b>end</b>\n<p>Flatline"),
    ];
    for (dashboard, expected) in of_dashboard {
        let html = page(dashboard, "{}").await;
        assert!(html.contains(expected), "{dashboard}: {html}");
    }
}

#[tokio::test]
async fn levels_are_those_of_the_service_else_of_its_group_else_of_the_profile() {
    let services = r#"{"groups":[{"id":"g","services":["grouped","own"],"uptimeThresholdSet":"b"}],
        "services":[{"id":"plain"},{"id":"grouped"},{"id":"own","uptimeThresholdSet":"c"}]}"#;
    let settings = r#"{"uptime":{"thresholdProfile":"a"},"uptimeThresholds":{
        "a":[{"name":"x","min":0,"label":"Of all"}],
        "b":[{"name":"x","min":0,"label":"Of the group"}],
        "c":[{"name":"x","min":0,"label":"Of its own"}]}}"#;
    let files = [("services.json", services), ("settings.json", settings)];
    let bench = Bench::of(Config::from_json(files, &Env::default()).unwrap()).await;
    let (_, _, html) = get(&bench, "/").await;
    for part in [
        "<section class=\"group g0\"",
        "title=\"from 0 %\">Of all",
        "<section class=\"group g1\"",
        "title=\"from 0 %\">Of the group",
        "<li class=\"row s-unknown g2\">\n<div class=\"who\"><h3><a href=\"./services/own\">",
    ] {
        assert_eq!(html.matches(part).count(), 1, "{part}: {html}");
    }
}

#[tokio::test]
async fn logo_and_theme_can_be_taken_away() {
    assert!(page("{}", "{}").await.contains("class=\"logo\""));
    let without = page(r#"{"header":{"showLogo":false},"theme":{"showToggle":false}}"#, "{}").await;
    assert!(!without.contains("class=\"logo\""), "{without}");
    assert!(!without.contains("id=\"theme\"") && !without.contains("localStorage"), "{without}");
}

#[tokio::test]
async fn the_pages_behind_the_buttons_answer() {
    let files = [("services.json", r#"{"services":[{"id":"api","name":"API, one"}]}"#)];
    let bench = Bench::of(Config::from_json(files, &Env::default()).unwrap()).await;
    let (status, _, html) = get(&bench, "/alerts?kind=critical&before=x").await;
    assert_eq!(status, 200);
    assert!(html.contains("There are none."), "{html}");
    let (status, _, html) = get(&bench, "/export").await;
    assert_eq!(status, 200);
    assert!(html.contains("action=\"./api/export.csv\""), "{html}");
    let (status, headers, csv) = get(&bench, "/api/export.csv?days=1&from=").await;
    assert_eq!(status, 200);
    assert_eq!(headers["content-type"], "text/csv; charset=utf-8");
    let name = "attachment; filename=\"uptime-export-2026-11-22-to-2026-11-22.csv\"";
    assert_eq!(headers["content-disposition"], name);
    assert!(csv.contains("\r\n2026-11-22,\"API, one\",api,Ungrouped,No Data,,0,"), "{csv}");
    let (status, _, _) = get(&bench, "/api/export.csv?services=nope").await;
    assert_eq!(status, 400);
}

/// A file with everything in it, and each of its sections left out in turn, or empty.
fn with_gaps(whole: &str) -> Vec<(String, String)> {
    let whole: serde_json::Value = serde_json::from_str(whole).unwrap();
    let sections: Vec<String> = whole.as_object().unwrap().keys().cloned().collect();
    let mut files = Vec::new();
    for section in sections {
        let mut without = whole.clone();
        without.as_object_mut().unwrap().remove(&section);
        files.push((format!("without {section}"), without.to_string()));
        if whole[&section].is_object() {
            let mut empty = whole.clone();
            empty[&section] = serde_json::json!({});
            files.push((format!("{section} is empty"), empty.to_string()));
        }
    }
    files
}

#[tokio::test]
async fn any_section_may_be_missing() {
    let dashboard = r##"{
        "header": {"title": "T", "links": [{"text": "L", "url": "/l"}]},
        "branding": {"pageTitle": "P", "primaryColor": "#123456"},
        "theme": {"defaultMode": "dark", "colors": {"light": {"text": "#111"}}},
        "footer": {"text": "F"}, "customCss": "h1{top:0}",
        "customHtml": {"headerExtra": "<b>x</b>"},
        "uptimeThresholds": [{"name": "all", "min": 0, "color": "#123456"}]
    }"##;
    let settings = r##"{
        "features": {"autoRefreshSeconds": 9}, "api": {"enableStatusEndpoint": true},
        "alertHistory": {"defaultLimit": 5}, "alertNotifications": {"localStorageKey": "k"},
        "uptime": {"retentionDays": 9}, "dashboard": {"access": "public"},
        "uptimeThresholds": [{"name": "all", "min": 0, "color": "#123456"}],
        "allowedOrigins": ["*"], "maxLogEntries": 5
    }"##;
    for (what, file) in with_gaps(dashboard) {
        assert!(page(&file, settings).await.contains("<h2 id=\"state\">"), "{what}");
    }
    for (what, file) in with_gaps(settings) {
        assert!(page(dashboard, &file).await.contains("<h2 id=\"state\">"), "{what}");
    }
}

#[tokio::test]
async fn days_and_percentages_can_be_left_out_of_very_many_services_too() {
    let services: Vec<_> = (0..501).map(|n| serde_json::json!({"id": format!("s{n}")})).collect();
    let services = serde_json::json!({ "services": services }).to_string();
    let off = r#"{"features":{"showUptimeHistory":false,"showUptimePercentage":false}}"#;
    for (settings, shown) in [("{}", true), (off, false)] {
        let files = [("services.json", services.as_str()), ("settings.json", settings)];
        let bench = Bench::of(Config::from_json(files, &Env::default()).unwrap()).await;
        let spec = &bench.app.config.services[0].spec;
        bench.app.store.create_service(spec, NOW.plus_ms(-DAY_MS)).await.unwrap();
        let (_, _, html) = get(&bench, "/").await;
        assert_eq!(html.matches("<ul class=rows>").count(), 11, "{settings}");
        assert_eq!(html.contains("<svg preserveAspectRatio"), shown, "{settings}");
        assert_eq!(html.contains("days ago"), shown, "{settings}");
    }
}
