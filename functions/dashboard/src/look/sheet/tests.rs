use flatline_shared::config::{Config, Env};

use crate::look::{Levels, Look};

use super::sheet;

/// The sheet of these two files.
fn of(dashboard: &str, settings: &str) -> String {
    let files = [
        ("services.json", r#"{"services":[]}"#),
        ("dashboard.json", dashboard),
        ("settings.json", settings),
    ];
    let config = Config::from_json(files, &Env::default()).unwrap();
    sheet(&config, &Levels::of(&config.settings), "")
}

#[test]
fn the_sheet_cannot_end_its_element_and_loads_nothing() {
    let css = of("{}", "{}");
    for forbidden in ["</", "@import", "url(", "expression("] {
        assert!(!css.contains(forbidden), "{forbidden}");
    }
    assert!(
        css.contains("--status-up:light-dark(#0a7448,#3ecf94);--ink-up:var(--status-up);"),
        "{css}"
    );
}

#[test]
fn every_colour_of_the_configuration_is_in_the_sheet() {
    let rows = [
        ("primary", "bg-primary", "#f5f7f9", "#0d1217"),
        ("secondary", "bg-secondary", "#ffffff", "#151c23"),
        ("text", "text-primary", "#15202b", "#e9eef3"),
        ("textSecondary", "text-secondary", "#52606d", "#9fadba"),
        ("border", "border-color", "#dbe2e8", "#27313b"),
        ("statusUp", "status-up", "#0a7448", "#3ecf94"),
        ("statusDown", "status-down", "#c3202f", "#ff7a82"),
        ("statusDegraded", "status-degraded", "#a44c00", "#ffa05c"),
    ];
    for (key, variable, light, dark) in rows {
        let with = |mode: &str| {
            let own = format!(r##"{{"theme":{{"colors":{{"{mode}":{{"{key}":"#fafafa"}}}}}}}}"##);
            of(&own, "{}")
        };
        let expected = format!("--{variable}:light-dark(#fafafa,{dark});");
        assert!(with("light").contains(&expected), "{key}");
        let expected = format!("--{variable}:light-dark({light},#fafafa);");
        assert!(with("dark").contains(&expected), "{key}");
    }
    let both = r##"{"theme":{"colors":{"light":{"text":"#111"},"dark":{"text":"#eee"}}}}"##;
    assert!(of(both, "{}").contains("--text-primary:light-dark(#111,#eee);"));
}

#[test]
fn buttons_and_mark_have_the_colours_of_the_brand() {
    let css = of(r##"{"branding":{"primaryColor":"#fde047","accentColor":"#ff00ff"}}"##, "{}");
    assert!(css.contains("--primary:#fde047;--on-primary:#000000;"), "{css}");
    assert!(css.contains("--accent:#ff00ff"), "{css}");
}

#[test]
fn levels_colour_days_and_percentages() {
    let css = of("{}", r##"{"uptimeThresholds":[{"name":"all","min":0,"color":"#123456"}]}"##);
    assert!(css.contains(".k0{--l:#123456;"), "{css}");
    assert!(css.contains(".g0{--best:#123456}"), "{css}");
}

#[test]
fn custom_css_comes_last_and_stays_inside() {
    let css = of(r#"{"customCss":"h1{color:red}"}"#, "{}");
    assert!(css.ends_with("h1{color:red}"), "{css}");
}

#[test]
fn the_days_of_a_strip_are_parted_where_there_is_room() {
    let rows = [
        (30, "--strip:360px;--comb"),
        (120, "--strip:360px;--comb"),
        (90, "--strip:360px;--comb"),
        (100, "--strip:300px;--comb"),
    ];
    for (days, expected) in rows {
        let css = of("{}", &format!(r#"{{"uptime":{{"retentionDays":{days}}}}}"#));
        assert!(css.contains(expected), "{days}: {css}");
    }
    let css = of("{}", r#"{"uptime":{"retentionDays":365}}"#);
    assert!(css.contains("--strip:360px}") && !css.contains("--comb:"), "{css}");
}

#[test]
fn the_look_has_the_texts_of_the_configuration() {
    let dashboard = r#"{"header":{"title":"T","showLogo":false},"theme":{"showToggle":false,"defaultMode":"dark"},
        "customHtml":{"footerExtra":"<b style='color:red'>x</b>"}}"#;
    let files = [("services.json", r#"{"services":[]}"#), ("dashboard.json", dashboard)];
    let config = Config::from_json(files, &Env::default()).unwrap();
    let look = Look::of(&config, String::new());
    assert_eq!((look.title.as_str(), look.theme, look.logo.is_none()), ("T", Some("dark"), true));
    assert_eq!(look.footer_extra, "<b data-x=\"1000\">x</b>");
    assert!(look.css.contains("[data-x=\"1000\"]{color:red}"));
    assert!(!look.content_security_policy().contains("unsafe"));
    assert!(look.theme_script.is_none());
}
