//! Every key of the configuration has a test that shows what it does.

use std::collections::BTreeSet;

use crate::none;
use crate::tree::read;

/// A file, a test in it, and the keys whose effect the test shows.
type Row = (&'static str, &'static str, &'static [&'static str]);

const SERVICES: &[Row] = &[
    (
        "functions/dashboard/src/services/tests.rs",
        "groups_and_services_are_put_together_in_the_order_of_the_file",
        &[
            "groups",
            "groups[].id",
            "groups[].name",
            "groups[].services",
            "services",
            "services[].id",
            "services[].name",
            "services[].description",
        ],
    ),
    (
        "shared/src/config/tests/inheritance.rs",
        "each_key_is_inherited_by_itself",
        &["groups[].stalenessThreshold", "services[].auth.required"],
    ),
    (
        "tests/tests/stories/configuration.rs",
        "renamed_added_and_hurried_services_are_followed_and_a_new_name_tells_nobody",
        &["services[].stalenessThreshold"],
    ),
    (
        "tests/tests/stories/configuration.rs",
        "who_never_reports_is_told_after_as_long_as_the_configuration_gives_it",
        &["groups[].firstHeartbeatWithinSeconds", "services[].firstHeartbeatWithinSeconds"],
    ),
    (
        "tests/tests/stories/configuration.rs",
        "a_disabled_service_is_told_as_over_and_watched_again_once_enabled",
        &["services[].enabled"],
    ),
    (
        "functions/dashboard/src/tests/switches.rs",
        "levels_are_those_of_the_service_else_of_its_group_else_of_the_profile",
        &["groups[].uptimeThresholdSet", "services[].uptimeThresholdSet"],
    ),
    (
        "functions/ingest/tests/contract/recorded.rs",
        "requests_of_the_replaced_system_are_answered",
        &["groups[].auth.required"],
    ),
    (
        "shared/src/transition/tests.rs",
        "a_service_or_its_group_says_who_is_told_of_what",
        &[
            "groups[].notifications.enabled",
            "groups[].notifications.channels",
            "groups[].notifications.events",
            "services[].notifications.enabled",
            "services[].notifications.channels",
            "services[].notifications.events",
        ],
    ),
];

const NOTIFICATIONS: &[Row] = &[
    (
        "shared/src/transition/tests.rs",
        "nothing_is_queued_when_notifications_are_off",
        &["enabled"],
    ),
    (
        "shared/src/transition/tests.rs",
        "one_row_for_each_channel_that_takes_the_event",
        &["channels", "channels[].name", "channels[].enabled", "channels[].events"],
    ),
    (
        "tests/tests/stories/vendors/accepted.rs",
        "every_vendor_accepts_what_happens_to_a_service_and_alerts_of_others",
        &["channels[].type", "settings.foldAbove"],
    ),
    (
        "functions/notifier/src/tests/fallbacks.rs",
        "what_is_dead_is_told_elsewhere_with_the_reason",
        &["channels[].fallback"],
    ),
    (
        "functions/notifier/src/tests/lanes.rs",
        "the_last_word_comes_when_the_cooldown_ends",
        &["settings.cooldownMinutes"],
    ),
    (
        "tests/tests/stories/reminders.rs",
        "an_outage_that_goes_on_is_told_again_to_those_who_were_told",
        &["settings.repeatAlertMinutes"],
    ),
    (
        "shared/src/transition/tests.rs",
        "metadata_is_left_out_where_the_configuration_says_so",
        &["settings.includeMetadata"],
    ),
    (
        "shared/src/notify/tests/requests.rs",
        "every_event_is_told_to_every_channel",
        &["settings.timezone"],
    ),
    (
        "functions/dashboard/src/alerts/tests.rs",
        "what_is_not_asked_for_is_as_configured_and_never_more_than_is_kept",
        &[
            "settings.alertHistory.maxAlerts",
            "settings.alertHistory.maxAgeDays",
            "settings.alertHistory.cleanupOnAdd",
        ],
    ),
    (
        "shared/src/config/tests/wrong_channels.rs",
        "addresses_of_webhooks",
        &["settings.allowPrivate"],
    ),
];

const SETTINGS: &[Row] = &[
    (
        "functions/dashboard/src/tests/switches.rs",
        "a_switch_takes_its_part_off_the_page",
        &[
            "features.showRefreshButton",
            "features.showLastUpdated",
            "features.showUptimePercentage",
            "features.showUptimeHistory",
            "features.show90DayHistory",
            "features.showExportButton",
            "features.showAlertHistoryButton",
            "alertNotifications.enableToastNotifications",
            "alertNotifications.enableBrowserNotifications",
        ],
    ),
    (
        "functions/dashboard/src/tests/switches.rs",
        "a_value_is_on_the_page",
        &[
            "features.autoRefreshSeconds",
            "features.uptimeRetentionDays",
            "alertNotifications.pollingIntervalSeconds",
            "alertNotifications.localStorageKey",
            "alertNotifications.severityFilter",
            "uptime.retentionDays",
            "uptime.thresholdProfile",
            "uptimeThresholds",
            "uptimeThresholds[].name",
            "uptimeThresholds[].min",
            "uptimeThresholds[].label",
        ],
    ),
    (
        "functions/dashboard/src/look/sheet/tests.rs",
        "levels_colour_days_and_percentages",
        &["uptimeThresholds[].color"],
    ),
    (
        "functions/dashboard/src/tests/recorded.rs",
        "requests_of_the_replaced_system_are_answered",
        &[
            "api.enableStatusEndpoint",
            "api.enableUptimeEndpoint",
            "api.enableServicesEndpoint",
            "api.enableAlertHistoryEndpoint",
        ],
    ),
    (
        "functions/ingest/tests/contract/roads.rs",
        "a_switched_off_endpoint_is_403_before_anything_else_is_looked_at",
        &["api.enableHeartbeatEndpoint"],
    ),
    (
        "functions/alert/src/tests.rs",
        "the_endpoint_can_be_switched_off",
        &["api.enableAlertEndpoint"],
    ),
    (
        "functions/alert/src/tests/trials.rs",
        "the_key_and_the_switch_are_asked_for_first",
        &["api.enableTestNotificationEndpoint"],
    ),
    (
        "shared/src/config/tests/loading.rs",
        "switches_are_on_but_for_test_notifications",
        &["api.enableAlertEndpoints"],
    ),
    (
        "functions/dashboard/src/alerts/tests.rs",
        "what_is_not_asked_for_is_as_configured_and_never_more_than_is_kept",
        &["alertHistory.defaultRecentPeriodHours", "alertHistory.defaultLimit"],
    ),
    (
        "functions/ingest/tests/contract/roads.rs",
        "options_is_204_on_known_paths_and_404_elsewhere",
        &["allowedOrigins"],
    ),
    (
        "functions/dashboard/src/tests/access.rs",
        "with_a_password_nothing_is_shown_without_key_or_login",
        &["dashboard.access"],
    ),
    (
        "functions/dashboard/src/tests/reads.rs",
        "a_log_is_never_longer_than_configured",
        &["maxLogEntries"],
    ),
];

const DASHBOARD: &[Row] = &[
    (
        "functions/dashboard/src/tests/switches.rs",
        "a_value_is_on_the_page",
        &[
            "header.title",
            "header.subtitle",
            "header.logoUrl",
            "header.logoAlt",
            "header.links",
            "header.links[].text",
            "header.links[].url",
            "header.links[].highlight",
            "branding.pageTitle",
            "branding.favicon",
            "theme.defaultMode",
            "footer.text",
            "footer.links",
            "footer.links[].text",
            "footer.links[].url",
            "footer.links[].highlight",
            "customHtml.headerExtra",
            "customHtml.footerExtra",
            "uptimeThresholds",
            "uptimeThresholds[].name",
            "uptimeThresholds[].min",
            "uptimeThresholds[].label",
        ],
    ),
    (
        "functions/dashboard/src/tests/switches.rs",
        "logo_and_theme_can_be_taken_away",
        &["header.showLogo", "theme.showToggle"],
    ),
    (
        "functions/dashboard/src/look/sheet/tests.rs",
        "buttons_and_mark_have_the_colours_of_the_brand",
        &["branding.primaryColor", "branding.accentColor"],
    ),
    (
        "functions/dashboard/src/look/sheet/tests.rs",
        "every_colour_of_the_configuration_is_in_the_sheet",
        &[
            "theme.colors.light.primary",
            "theme.colors.light.secondary",
            "theme.colors.light.text",
            "theme.colors.light.textSecondary",
            "theme.colors.light.border",
            "theme.colors.light.statusUp",
            "theme.colors.light.statusDown",
            "theme.colors.light.statusDegraded",
            "theme.colors.dark.primary",
            "theme.colors.dark.secondary",
            "theme.colors.dark.text",
            "theme.colors.dark.textSecondary",
            "theme.colors.dark.border",
            "theme.colors.dark.statusUp",
            "theme.colors.dark.statusDown",
            "theme.colors.dark.statusDegraded",
        ],
    ),
    (
        "functions/dashboard/src/look/sheet/tests.rs",
        "custom_css_comes_last_and_stays_inside",
        &["customCss"],
    ),
    (
        "functions/dashboard/src/look/sheet/tests.rs",
        "levels_colour_days_and_percentages",
        &["uptimeThresholds[].color"],
    ),
];

const FILES: [(&str, &[Row]); 4] = [
    ("services.json", SERVICES),
    ("notifications.json", NOTIFICATIONS),
    ("settings.json", SETTINGS),
    ("dashboard.json", DASHBOARD),
];

/// The keys that docs/configuration.md lists for a file; objects do something by their keys alone.
fn documented(file: &str) -> BTreeSet<&'static str> {
    let page = read("docs/configuration.md");
    let begin = format!("<!-- every key of {file} -->");
    let table = page.split_once(&begin).and_then(|(_, rest)| rest.split_once("<!-- end"));
    let (table, _) = table.unwrap_or_else(|| panic!("no table of {file}"));
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.split_once("` | "));
    rows.filter(|(_, rest)| !rest.starts_with("object |")).map(|(key, _)| key).collect()
}

#[test]
fn every_key_has_a_test_of_its_effect() {
    let mut wrong = Vec::new();
    for (file, rows) in FILES {
        let keys = documented(file);
        let shown: BTreeSet<&str> = rows.iter().flat_map(|row| row.2).copied().collect();
        wrong.extend(keys.difference(&shown).map(|key| format!("{file} {key}: no test")));
        wrong.extend(shown.difference(&keys).map(|key| format!("{file} {key}: no such key")));
        for (path, test, _) in rows {
            if !read(path).contains(&format!("fn {test}(")) {
                wrong.push(format!("{path}: no test {test}"));
            }
        }
    }
    none("A key that does nothing is a promise that is broken in silence.", wrong);
}
