//! What `flatline check` prints of a directory.

use std::fs;
use std::path::Path;

use flatline_shared::config::Env;

use super::{Verdict, judge};
use crate::args::CheckArgs;

fn check(files: &[(&str, &str)], strict: bool) -> (bool, String) {
    let dir = tempfile::tempdir().expect("there is room");
    for (name, text) in files {
        fs::write(dir.path().join(name), text).expect("there is room");
    }
    let args = CheckArgs { config: dir.path().to_owned(), strict };
    let Verdict { text, is_fine } = judge(&args, &Env::default());
    (is_fine, text.replace(&dir.path().display().to_string(), "DIR"))
}

const SERVICES: &str = r#"{"services": [{"id": "a"}, {"id": "b"}],
    "groups": [{"id": "g", "services": ["a"]}]}"#;
const NOTIFICATIONS: &str =
    r#"{"channels": [{"type": "webhook", "name": "Ops", "enabled": false}]}"#;
const ODD: &str = r#"{"featurs": {}}"#;

#[test]
fn a_good_directory_is_summed_up_in_a_line() {
    let files = [("services.json", SERVICES), ("notifications.json", NOTIFICATIONS)];
    let expected = "DIR is fine: 2 services, 1 group, 1 channel (1 disabled)\n";
    assert_eq!(check(&files, false), (true, expected.to_owned()));
    assert_eq!(check(&files, true), (true, expected.to_owned()));
}

#[test]
fn warnings_do_not_matter_unless_they_shall() {
    let files = [
        ("services.json", SERVICES),
        ("notifications.json", NOTIFICATIONS),
        ("settings.json", ODD),
    ];
    let problem = "settings.json featurs: is not a known key; the nearest known one is 'features'";
    let fine = "DIR is fine: 2 services, 1 group, 1 channel (1 disabled), 1 warning";
    assert_eq!(check(&files, false), (true, format!("warning: {problem}\n{fine}\n")));
    let refused = "DIR is not fine by --strict: 1 warning";
    assert_eq!(check(&files, true), (false, format!("error: {problem}\n{refused}\n")));
}

#[test]
fn everything_that_is_wrong_or_odd_is_told_at_once() {
    let files = [
        ("services.json", r#"{"services": [{"id": "a", "enabled": 1}, {"id": ""}]}"#),
        ("settings.json", ODD),
    ];
    let expected = "\
error: services.json services[0].enabled: must be true or false, not 1
error: services.json services[1].id: must be 1 to 100 bytes long, not 0
warning: notifications.json channels: no channel is configured, so nobody is told of anything
warning: settings.json featurs: is not a known key; the nearest known one is 'features'
DIR cannot be used: 2 errors, 2 warnings
";
    assert_eq!(check(&files, false), (false, expected.to_owned()));
}

#[test]
fn the_sample_configuration_is_fine_and_names_its_schemas() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config");
    let args = CheckArgs { config: config.clone(), strict: true };
    let Verdict { text, is_fine } = judge(&args, &Env::default());
    assert!(is_fine, "{text}");
    for name in ["services", "notifications", "settings", "dashboard"] {
        let text = fs::read_to_string(config.join(format!("{name}.json"))).expect("is there");
        let schema = format!("./schema/{name}.schema.json");
        assert!(text.contains(&format!("\"$schema\": \"{schema}\"")), "{name}.json");
        assert!(config.join(schema).is_file(), "{name}.json");
    }
}
