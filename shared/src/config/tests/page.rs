//! What settings.json and dashboard.json say of the page reaches `Config`.

use super::{errors, load};
use crate::config::{
    Access, AlertHistory, AlertNotifications, Branding, CustomHtml, Dashboard, Features, Footer,
    Header, Link, Logo, Palette, Secret, Settings, Theme, ThemeMode,
};

const DASHBOARD: &str = r##"{
    "header": {"title": "Shop", "subtitle": "Sub", "logoUrl": "/logo.png", "logoAlt": "A cat",
        "showLogo": false,
        "links": [{"text": "Home", "url": "/"},
            {"text": "Help", "url": "https://help.example", "highlight": true}]},
    "branding": {"pageTitle": "Shop status", "favicon": "data:image/svg+xml,<svg/>",
        "primaryColor": "#3b82f6", "accentColor": "teal"},
    "theme": {"defaultMode": "dark", "showToggle": false, "colors": {
        "light": {"primary": "#fff", "secondary": "#f1f5f9", "text": "#0f172a",
            "textSecondary": "#475569", "border": "rgb(1 2 3)", "statusUp": "green",
            "statusDown": "red", "statusDegraded": "orange"},
        "dark": {"primary": "black"}}},
    "footer": {"text": "Bye", "links": [{"text": "Imprint", "url": "/imprint"}]},
    "customCss": "h1 { color: red }",
    "customHtml": {"headerExtra": "<b>x</b>", "footerExtra": "<i>y</i>"}
}"##;

#[test]
fn every_key_of_the_page_is_kept() {
    let config = load(&[("dashboard.json", DASHBOARD)], &[]).expect("loads");
    assert_eq!(config.warnings, []);
    let text = |text: &str| Some(text.to_owned());
    let link = |text: &str, url: &str, highlight| Link {
        text: text.to_owned(),
        url: url.to_owned(),
        highlight,
    };
    let expected = Dashboard {
        header: Header {
            title: "Shop".to_owned(),
            subtitle: text("Sub"),
            logo: Some(Logo { url: "/logo.png".to_owned(), alt: "A cat".to_owned() }),
            show_logo: false,
            links: vec![link("Home", "/", false), link("Help", "https://help.example", true)],
        },
        branding: Branding {
            page_title: "Shop status".to_owned(),
            favicon: text("data:image/svg+xml,<svg/>"),
            primary_color: text("#3b82f6"),
            accent_color: text("teal"),
        },
        theme: Theme {
            default_mode: ThemeMode::Dark,
            show_toggle: false,
            light: Palette {
                primary: text("#fff"),
                secondary: text("#f1f5f9"),
                text: text("#0f172a"),
                text_secondary: text("#475569"),
                border: text("rgb(1 2 3)"),
                status_up: text("green"),
                status_down: text("red"),
                status_degraded: text("orange"),
            },
            dark: Palette { primary: text("black"), ..Palette::default() },
        },
        footer: Footer { text: text("Bye"), links: vec![link("Imprint", "/imprint", false)] },
        custom_css: "h1 { color: red }".to_owned(),
        custom_html: CustomHtml {
            header_extra: "<b>x</b>".to_owned(),
            footer_extra: "<i>y</i>".to_owned(),
        },
    };
    assert_eq!(config.dashboard, expected);
}

#[test]
fn what_is_left_out_or_empty_has_its_default() {
    let config = load(&[], &[]).expect("loads");
    assert_eq!(config.dashboard, Dashboard::default());
    let file = r#"{"header": {"title": "T", "subtitle": "", "logoUrl": "", "logoAlt": "x"},
        "branding": {"favicon": ""}, "theme": {"colors": {"dark": {}}}, "footer": {"text": ""}}"#;
    let config = load(&[("dashboard.json", file)], &[]).expect("loads");
    let mut expected = Dashboard::default();
    expected.header.title = "T".to_owned();
    expected.branding.page_title = "T".to_owned();
    assert_eq!(config.dashboard, expected);
    let file = r#"{"header": {"title": "T", "logoUrl": "/x.png"}}"#;
    let config = load(&[("dashboard.json", file)], &[]).expect("loads");
    let logo = config.dashboard.header.logo.expect("has a logo");
    assert_eq!(logo.alt, "T", "the title stands for a logo without a text of its own");
}

const SETTINGS: &str = r#"{
    "features": {"showRefreshButton": false, "showLastUpdated": false, "autoRefreshSeconds": 12.5,
        "showUptimePercentage": false, "showUptimeHistory": false, "showExportButton": false,
        "showAlertHistoryButton": false},
    "alertHistory": {"defaultRecentPeriodHours": 1.5, "defaultLimit": 7},
    "alertNotifications": {"pollingIntervalSeconds": 5, "localStorageKey": "k",
        "severityFilter": ["Critical", "error"], "enableToastNotifications": false,
        "enableBrowserNotifications": false},
    "dashboard": {"access": "Password"}
}"#;

#[test]
fn every_key_of_the_settings_is_kept() {
    let password = ("DASHBOARD_PASSWORD", "s3cret");
    let config = load(&[("settings.json", SETTINGS)], &[password, ("READ_API_KEY", "r")]);
    let config = config.expect("loads");
    let Settings { features, alert_history, alert_notifications, access, .. } = config.settings;
    let expected = Features {
        show_refresh_button: false,
        show_last_updated: false,
        auto_refresh_ms: Some(12_500),
        show_uptime_percentage: false,
        show_uptime_history: false,
        show_export_button: false,
        show_alert_history_button: false,
    };
    assert_eq!(features, expected);
    assert_eq!(alert_history, AlertHistory { recent_period_hours: 1.5, limit: 7 });
    let expected = AlertNotifications {
        polling_ms: Some(5_000),
        local_storage_key: "k".to_owned(),
        severity_filter: vec!["critical".to_owned(), "error".to_owned()],
        toasts: false,
        browser: false,
    };
    assert_eq!(alert_notifications, expected);
    assert_eq!(access, Access::Password);
    assert_eq!(config.dashboard_password, Some(Secret::new("s3cret")));
    assert_eq!(config.read_key, Some(Secret::new("r")));
}

#[test]
fn settings_that_are_left_out_have_their_defaults() {
    let config = load(&[("settings.json", "{}")], &[]).expect("loads");
    assert_eq!(config.settings.features, Features::default());
    assert_eq!(config.settings.alert_history, AlertHistory::default());
    assert_eq!(config.settings.alert_notifications, AlertNotifications::default());
    assert_eq!(config.settings.access, Access::Public);
    assert_eq!((config.read_key, config.dashboard_password), (None, None));
}

#[test]
fn zero_seconds_are_never_and_old_names_count_where_the_new_one_is_absent() {
    let features = |text: &str| {
        let file = format!(
            r#"{{"features": {text}, "alertNotifications": {{"pollingIntervalSeconds": 0}}}}"#
        );
        let config = load(&[("settings.json", &file)], &[]).expect("loads");
        assert_eq!(config.warnings, []);
        assert_eq!(config.settings.alert_notifications.polling_ms, None);
        config.settings.features
    };
    assert_eq!(features(r#"{"autoRefreshSeconds": 0}"#).auto_refresh_ms, None);
    assert!(!features(r#"{"show90DayHistory": false}"#).show_uptime_history);
    let both = r#"{"show90DayHistory": false, "showUptimeHistory": true}"#;
    assert!(features(both).show_uptime_history);
}

#[test]
fn the_password_is_needed_only_where_the_page_is() {
    let file = [("settings.json", r#"{"dashboard": {"access": "password"}}"#)];
    assert_eq!(
        errors(&file, &[]),
        [
            "settings.json dashboard.access: the page needs a password, and none is set: put it into \
          the variable DASHBOARD_PASSWORD"
        ]
    );
    let files = [("services.json", super::SERVICES), file[0]];
    let elsewhere = crate::config::Env::default().without_page();
    assert!(crate::config::Config::from_json(files, &elsewhere).is_ok());
}

#[test]
fn what_a_service_says_itself_is_kept_beside_what_it_inherits() {
    let config = super::services(
        r#"{"groups": [{"id": "g", "services": ["a"], "stalenessThreshold": 60,
                "notifications": {"events": ["down"]}}],
            "services": [{"id": "a"}, {"id": "b", "stalenessThreshold": 90,
                "notifications": {"_x": 1, "channels": ["ops"], "events": ["UP"]}}]}"#,
    );
    let own = |id: &str| config.service(id).expect("is configured").own.clone();
    assert_eq!((own("a").window_s, own("a").notifications), (None, None));
    assert_eq!(own("b").window_s, Some(90));
    let written = serde_json::to_string(&own("b").notifications).unwrap();
    assert_eq!(written, r#"{"channels":["ops"],"events":["UP"]}"#);
}
