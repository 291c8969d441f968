//! What suites came to: counts, reasons, the table at the end.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

/// Tests that passed, failed and did not run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Passed.
    pub passed: u32,
    /// Failed.
    pub failed: u32,
    /// Did not run.
    pub skipped: u32,
}

impl Counts {
    /// What the reporters of libtest and of Node wrote.
    fn of(log: &str) -> Self {
        let (rust, node) = (Self::of_libtest(log), Self::of_node(log));
        Self {
            passed: rust.passed + node.passed,
            failed: rust.failed + node.failed,
            skipped: rust.skipped + node.skipped,
        }
    }

    /// The sum of libtest's `test result:` lines.
    fn of_libtest(log: &str) -> Self {
        let results = log.lines().filter_map(|line| line.strip_prefix("test result: "));
        results.fold(Self::default(), |sum, result| Self {
            passed: sum.passed + number_before(result, " passed"),
            failed: sum.failed + number_before(result, " failed"),
            skipped: sum.skipped + number_before(result, " ignored"),
        })
    }

    /// The sum of Node's last lines: an information sign, a word, a number.
    fn of_node(log: &str) -> Self {
        let figures = || log.lines().filter_map(|line| line.strip_prefix("\u{2139} "));
        let count = |word: &str| {
            figures().filter_map(|line| line.strip_prefix(word)?.parse::<u32>().ok()).sum()
        };
        Self { passed: count("pass "), failed: count("fail "), skipped: count("skipped ") }
    }
}

fn number_before(result: &str, word: &str) -> u32 {
    let Some((before, _)) = result.split_once(word) else { return 0 };
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Why tests left something out. libtest knows no test that finds out by itself that it cannot run, so
/// such a test writes a line `skipped: <why>` and returns.
fn said_skipped(log: &str) -> BTreeSet<&str> {
    log.lines().filter_map(|line| line.strip_prefix("skipped: ")).collect()
}

/// How one suite ended.
#[derive(Debug, Default)]
pub struct Outcome {
    counts: Counts,
    took: Duration,
    /// Why something failed or did not run.
    reasons: Vec<String>,
}

impl Outcome {
    /// From the log of commands that all succeeded, or of which one `failed` with this reason. A
    /// suite without tests counts as one. What tests said they skipped counts as skipped.
    pub fn new(log: &str, took: Duration, failed: Option<String>) -> Self {
        let mut counts = Counts::of(log);
        if failed.is_some() && counts.failed == 0 {
            counts.failed = 1;
        }
        if counts == Counts::default() {
            counts.passed = 1;
        }
        let mut reasons = Vec::from_iter(failed);
        if counts.skipped > 0 {
            reasons.push(format!("{} ignored", counts.skipped));
        }
        let mut outcome = Self { counts, took, reasons };
        for reason in said_skipped(log) {
            outcome.skipped(reason.to_owned());
        }
        outcome
    }

    /// Of a suite that has nothing to run.
    pub fn nothing(reason: String) -> Self {
        let mut outcome = Self::default();
        outcome.skipped(reason);
        outcome
    }

    /// Part of the suite did not run.
    pub fn skipped(&mut self, reason: String) {
        self.counts.skipped += 1;
        self.reasons.push(reason);
    }

    /// What did not run has failed.
    pub fn fail_skips(&mut self) {
        self.counts.failed += self.counts.skipped;
        self.counts.skipped = 0;
    }

    /// One line.
    pub fn summary(&self) -> String {
        let word = match self.counts {
            Counts { failed: 1.., .. } => "FAILED",
            Counts { passed: 0, .. } => "skipped",
            _ => "passed",
        };
        let Counts { passed, failed, skipped } = self.counts;
        let mut line = format!(
            "{word:<8}{passed:>6}{failed:>8}{skipped:>9}{:>9.1} s",
            self.took.as_secs_f64()
        );
        if !self.reasons.is_empty() {
            line.push_str("  ");
            line.push_str(&self.reasons.join("; "));
        }
        line
    }
}

/// All suites of a run. Shown as a table with the sum alone on the last line.
#[derive(Default)]
pub struct Report {
    rows: Vec<(&'static str, Outcome)>,
}

impl Report {
    /// One more suite.
    pub fn add(&mut self, name: &'static str, outcome: Outcome) {
        self.rows.push((name, outcome));
    }

    /// Whether anything failed.
    pub fn failed(&self) -> bool {
        self.rows.iter().any(|(_, outcome)| outcome.counts.failed > 0)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{:<12} result  passed  failed  skipped       time", "suite")?;
        for (name, outcome) in &self.rows {
            writeln!(formatter, "{name:<12} {}", outcome.summary())?;
        }
        let sum = |part: fn(&Counts) -> u32| {
            self.rows.iter().map(|(_, outcome)| part(&outcome.counts)).sum::<u32>()
        };
        let (passed, failed) = (sum(|counts| counts.passed), sum(|counts| counts.failed));
        write!(formatter, "{passed} passed, {failed} failed, {} skipped", sum(|c| c.skipped))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "running 3 tests\ntest result: ok. 3 passed; 0 failed; 0 ignored; 0 measured\n\
        noise\ntest result: FAILED. 17 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out\n";

    #[test]
    fn the_lines_of_libtest_are_added_up() {
        assert_eq!(Counts::of(LOG), Counts { passed: 20, failed: 2, skipped: 1 });
    }

    #[test]
    fn the_lines_of_node_are_added_up() {
        let lines = ["tests 8", "pass 5", "fail 2", "skipped 1", "todo 0"];
        let log = lines.map(|line| format!("\u{2139} {line}\n")).concat();
        assert_eq!(Counts::of(&log), Counts { passed: 5, failed: 2, skipped: 1 });
    }

    #[test]
    fn each_kind_of_ending_counts_something() {
        let took = Duration::from_secs(1);
        let rows: [(&str, Option<&str>, Counts); 3] = [
            ("no tests, no error", None, Counts { passed: 1, failed: 0, skipped: 0 }),
            ("does not compile", Some("exit 101"), Counts { passed: 0, failed: 1, skipped: 0 }),
            (LOG, Some("exit 101"), Counts { passed: 20, failed: 2, skipped: 1 }),
        ];
        for (log, failed, expected) in rows {
            let outcome = Outcome::new(log, took, failed.map(str::to_owned));
            assert_eq!(outcome.counts, expected, "{log}");
        }
    }

    #[test]
    fn what_tests_said_they_left_out_is_counted_once_per_reason() {
        let log = "---- a stdout ----\nskipped: not root\n---- b stdout ----\nskipped: not root\n\
            skipped: no chattr\ntest result: ok. 3 passed; 0 failed; 0 ignored; 0 measured\n";
        let outcome = Outcome::new(log, Duration::ZERO, None);
        assert_eq!(outcome.counts, Counts { passed: 3, failed: 0, skipped: 2 });
        assert!(outcome.summary().ends_with("no chattr; not root"), "{}", outcome.summary());
    }

    #[test]
    fn without_skips_what_did_not_run_has_failed() {
        let mut outcome = Outcome::new("", Duration::ZERO, None);
        outcome.skipped("no busybox".to_owned());
        outcome.fail_skips();
        let mut report = Report::default();
        report.add("clients", outcome);
        assert!(report.failed());
        assert_eq!(report.to_string().lines().last(), Some("1 passed, 1 failed, 0 skipped"));
    }
}
