//! The store's tests against moto: a second reading of DynamoDB's documentation, by other people.

use std::process::Command;

use crate::root;
use crate::suite::UNIT;

/// Tests that moto cannot be asked, and why. Each name is a part of a test's path.
const LEFT_OUT: [(&str, &str); 11] = [
    ("races::each_condition_decides_its_race", INLINE),
    ("races::without_new_two_first_alerts_both_open", INLINE),
    ("races::without_the_condition_of_its_feed_entry_a_lost_answer_tells_it_twice", INLINE),
    ("races::without_unchanged", INLINE),
    ("alert::broken::it_is_mended_once", INLINE),
    ("order::what_is_seen_again_while_it_ends_begins_anew", INLINE),
    ("order::without_the_change_in_its_condition_an_old_end_ends_what_fires", INLINE),
    ("lease::a_ring_that_comes_too_late_claims", INLINE),
    ("lease::without_taken_a_ring_that_comes_too_late_is_heard_by_nobody", INLINE),
    ("races::the_same_alert_fifty_times_at_once_opens_one_and_is_told_once", AT_ONCE),
    ("races::two_hundred_alerts_under_one_title_at_once_are_all_kept", AT_ONCE),
];

/// Who lets a second process act between two requests of a first needs answers without a wait.
const INLINE: &str = "a second process acts while a request of the first is on its way";
/// Its transactions copy all tables, and fail when somebody writes meanwhile.
const AT_ONCE: &str = "moto answers 500 to some of many transactions at once";

/// What tells the tests where moto is.
const URL: &str = "FLATLINE_STORE_TESTS_URL";

/// The tests, with moto around them.
pub fn store_tests() -> Command {
    let mut command = Command::new(root().join("target/venv/bin/python"));
    command.arg(root().join("tests/tools/with_moto.py")).arg(URL).arg(env!("CARGO"));
    // The same packages as in the suite of all units, or the SDK would be built with other features.
    command.args(UNIT.split_whitespace().filter(|word| *word != "--tests")).arg("--lib");
    command.args(["store::tests", "--"]);
    command.args(LEFT_OUT.iter().flat_map(|(name, _)| ["--skip", name]));
    command
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn text_below(folder: &Path) -> String {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let texts = entries.map(|path| {
            if path.is_dir() { text_below(&path) } else { fs::read_to_string(path).unwrap() }
        });
        texts.collect()
    }

    #[test]
    fn what_is_left_out_exists() {
        let tests = text_below(&root().join("shared/src/store/tests"));
        for (name, _) in LEFT_OUT {
            let function = name.rsplit("::").next().unwrap();
            assert!(tests.contains(&format!("fn {function}")), "there is no test {name}");
        }
    }
}
