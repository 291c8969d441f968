use super::AlertPhase::{Firing, Resolved};
use super::AlertRank::{Critical, Error, Fine, Info, Warning};
use super::AlertStep::{Again, End, Late, Noted, Nothing, Open, Unheard};
use super::*;

mod order;

const HOUR_MS: i64 = 3_600_000;
const TOLD_AT: UnixMs = UnixMs(1_000_000_000);

fn known(phase: AlertPhase, rank: AlertRank, content: Option<u64>) -> AlertRecord {
    let (changed_at, noted_at) = (None, None);
    AlertRecord { phase, rank, since: TOLD_AT, told_at: TOLD_AT, content, changed_at, noted_at }
}

fn arrives(
    phase: AlertPhase,
    rank: AlertRank,
    content: Option<u64>,
    after_ms: i64,
) -> AlertArrival {
    let at = TOLD_AT.plus_ms(after_ms);
    let (changed_at, news) = (None, AlertNews::Trouble);
    let (is_untold, is_status_implied) = (false, true);
    AlertArrival { phase, rank, at, content, is_untold, changed_at, news, is_status_implied }
}

#[test]
fn an_alert_with_a_key_opens_gets_worse_and_ends() {
    for (sentence, before, phase, rank, expected) in [
        ("the first opens", None, Firing, Warning, Open),
        ("a notice opens, too", None, Firing, Info, Open),
        ("the end of what was never heard of is news", None, Resolved, Warning, Unheard),
        ("the same again is nothing", Some((Firing, Warning)), Firing, Warning, Nothing),
        ("less than that is nothing", Some((Firing, Critical)), Firing, Warning, Nothing),
        ("worse is told", Some((Firing, Warning)), Firing, Error, Again(AlertReason::Worse)),
        (
            "critical is worse than an error",
            Some((Firing, Error)),
            Firing,
            Critical,
            Again(AlertReason::Worse),
        ),
        (
            "a notice may become trouble",
            Some((Firing, Info)),
            Firing,
            Warning,
            Again(AlertReason::Worse),
        ),
        ("what is over ends", Some((Firing, Error)), Resolved, Error, End),
        ("a notice ends", Some((Firing, Info)), Resolved, Info, End),
        ("good news end trouble", Some((Firing, Error)), Firing, Info, End),
        ("that all is well ends it", Some((Firing, Warning)), Firing, Fine, End),
        ("and a notice", Some((Firing, Info)), Firing, Fine, End),
        ("that all is well again is nothing", Some((Firing, Fine)), Firing, Fine, Nothing),
        ("what is over ends once", Some((Resolved, Error)), Resolved, Error, Nothing),
        ("and may begin anew", Some((Resolved, Error)), Firing, Error, Open),
        ("also milder", Some((Resolved, Error)), Firing, Info, Open),
    ] {
        let before = before.map(|(phase, rank)| known(phase, rank, None));
        for repeat_ms in [None, Some(HOUR_MS)] {
            let step = arrives(phase, rank, None, HOUR_MS - 1).step(before.as_ref(), repeat_ms);
            assert_eq!(step, expected, "{sentence}, repeated after {repeat_ms:?}");
        }
    }
}

#[test]
fn what_is_said_to_fire_never_ends() {
    for (sentence, before, phase, rank, expected) in [
        ("a notice that still fires is no end", Error, Firing, Info, Nothing),
        ("neither is one that is fine", Error, Firing, Fine, Nothing),
        ("nor the end of a notice", Info, Firing, Fine, Nothing),
        ("only the end is", Error, Resolved, Info, End),
        ("worse is told all the same", Info, Firing, Error, Again(AlertReason::Worse)),
    ] {
        let arrival =
            AlertArrival { is_status_implied: false, ..arrives(phase, rank, None, 1_000) };
        assert_eq!(arrival.step(Some(&known(Firing, before, None)), None), expected, "{sentence}");
    }
}

#[test]
fn what_still_fires_is_told_again_after_the_time_between_reminders() {
    let open = known(Firing, Error, None);
    for (sentence, rank, after_ms, repeat_ms, expected) in [
        ("just before", Error, HOUR_MS - 1, Some(HOUR_MS), Nothing),
        ("then", Error, HOUR_MS, Some(HOUR_MS), Again(AlertReason::Due)),
        ("also if it is milder", Warning, HOUR_MS, Some(HOUR_MS), Again(AlertReason::Due)),
        ("never without reminders", Error, 1_000 * HOUR_MS, None, Nothing),
        ("a clock that was set back a little", Error, -CLOCK_AHEAD_MS, Some(HOUR_MS), Nothing),
        ("or by hours", Error, -HOUR_MS, Some(HOUR_MS), Again(AlertReason::Due)),
    ] {
        let step = arrives(Firing, rank, None, after_ms).step(Some(&open), repeat_ms);
        assert_eq!(step, expected, "{sentence}");
    }
}

#[test]
fn an_alert_without_a_key_is_known_by_what_it_says() {
    let open = known(Firing, Error, Some(1));
    for (sentence, content, after_ms, repeat_ms, expected) in [
        ("the very same", 1, 0, Some(2 * HOUR_MS), Nothing),
        ("something else", 2, 0, Some(2 * HOUR_MS), Again(AlertReason::OtherContent)),
        ("the same much later", 1, 2 * HOUR_MS, Some(2 * HOUR_MS), Again(AlertReason::Due)),
        ("without reminders it counts for an hour", 1, HOUR_MS - 1, None, Nothing),
        ("and not for ever", 1, HOUR_MS, None, Again(AlertReason::Due)),
    ] {
        let step = arrives(Firing, Error, Some(content), after_ms).step(Some(&open), repeat_ms);
        assert_eq!(step, expected, "{sentence}");
    }
    let over = arrives(Resolved, Error, Some(2), 0).step(Some(&open), None);
    assert_eq!(over, End, "what it says does not matter when it is over");
}

#[test]
fn severities_have_ranks_and_unknown_words_are_warnings() {
    for (word, expected) in [
        ("ok", Fine),
        ("Info", Info),
        ("warning", Warning),
        ("page", Warning),
        ("none", Info),
        ("", Warning),
        (" ERROR ", Error),
        ("Critical", Critical),
    ] {
        assert_eq!(AlertRank::of(word), expected, "{word}");
    }
    assert!(Fine < Info && Info < Warning && Warning < Error && Error < Critical);
}

#[test]
fn words_are_read_back() {
    for phase in [Firing, Resolved] {
        assert_eq!(AlertPhase::parse(phase.as_str()), Some(phase));
    }
    assert_eq!(AlertPhase::parse("gone"), None);
}

#[test]
fn channels_that_have_not_heard_of_it_are_told() {
    for (sentence, before, phase, rank, expected) in [
        ("what was told to others", Error, Firing, Error, Again(AlertReason::Untold)),
        ("what is worse is told to all", Warning, Firing, Error, Again(AlertReason::Worse)),
        ("what became milder is told to nobody", Error, Firing, Warning, Nothing),
        ("what is over ends", Error, Resolved, Error, End),
    ] {
        let arrival = AlertArrival { is_untold: true, ..arrives(phase, rank, None, 1_000) };
        let step = arrival.step(Some(&known(Firing, before, None)), Some(HOUR_MS));
        assert_eq!(step, expected, "{sentence}");
    }
}

#[test]
fn good_news_without_a_key_are_told_each_time() {
    for (sentence, before, content, after_ms, expected) in [
        ("the same at once is a retry", Some(1), Some(1), 1_000, Nothing),
        ("the same of the next night is news", Some(1), Some(1), 24 * HOUR_MS, Unheard),
        ("other words are news", Some(1), Some(2), 1_000, Unheard),
        ("with a key it is over once", None, None, 24 * HOUR_MS, Nothing),
    ] {
        let over = known(Resolved, Info, before);
        let step = arrives(Resolved, Info, content, after_ms).step(Some(&over), None);
        assert_eq!(step, expected, "{sentence}");
    }
}
