//! Alerts that overtake each other.

use proptest::prelude::*;

use super::*;

/// What a sender saw at `seen`, by its clock.
fn seen(phase: AlertPhase, rank: AlertRank, seen: i64) -> AlertArrival {
    AlertArrival { changed_at: Some(UnixMs(seen)), ..arrives(phase, rank, None, 0) }
}

fn known_at(phase: AlertPhase, changed_at: Option<i64>) -> AlertRecord {
    AlertRecord { changed_at: changed_at.map(UnixMs), ..known(phase, Error, None) }
}

#[test]
fn what_is_older_than_what_is_known_changes_nothing() {
    for (sentence, before, arrival, expected) in [
        ("older than the end", (Resolved, Some(20)), seen(Firing, Critical, 10), Late),
        ("newer than the end", (Resolved, Some(20)), seen(Firing, Error, 21), Open),
        ("an end before it began again", (Firing, Some(20)), seen(Resolved, Error, 10), Late),
        ("its end", (Firing, Some(20)), seen(Resolved, Error, 30), End),
        ("its end within the same instant", (Firing, Some(20)), seen(Resolved, Error, 20), End),
        (
            "its beginning within the same instant",
            (Resolved, Some(20)),
            seen(Firing, Error, 20),
            Late,
        ),
        ("worse, but older", (Firing, Some(20)), seen(Firing, Critical, 19), Late),
        ("the same once more", (Firing, Some(20)), seen(Firing, Error, 20), Nothing),
        ("the same end once more", (Resolved, Some(20)), seen(Resolved, Error, 20), Nothing),
        ("nobody knows when the known was seen", (Resolved, None), seen(Firing, Error, 10), Open),
        (
            "its sender does not say when",
            (Resolved, Some(20)),
            arrives(Firing, Error, None, 0),
            Open,
        ),
    ] {
        let before = known_at(before.0, before.1);
        assert_eq!(arrival.step(Some(&before), Some(HOUR_MS)), expected, "{sentence}");
    }
}

#[test]
fn a_copy_does_not_say_that_it_still_fires() {
    let open = known_at(Firing, Some(20));
    for (sentence, seen_at, is_untold, expected) in [
        ("seen again", 21, false, Again(AlertReason::Due)),
        ("sent again", 20, false, Nothing),
        ("sent again, and to others", 20, true, Again(AlertReason::Untold)),
    ] {
        let at = TOLD_AT.plus_ms(2 * HOUR_MS);
        let again = AlertArrival { at, is_untold, ..seen(Firing, Error, seen_at) };
        assert_eq!(again.step(Some(&open), Some(HOUR_MS)), expected, "{sentence}");
    }
}

#[test]
fn without_a_key_nothing_is_older_than_another_thing() {
    let over = AlertRecord { content: Some(1), ..known_at(Resolved, Some(20)) };
    let other = AlertArrival { content: Some(2), ..seen(Firing, Error, 10) };
    assert_eq!(other.step(Some(&over), None), Open);
}

#[test]
fn the_first_state_of_what_is_well_is_shown_only() {
    for (sentence, news, before, phase, expected) in [
        ("an alarm is made, and well", AlertNews::State, None, Resolved, Noted),
        ("of others it is news", AlertNews::Trouble, None, Resolved, Unheard),
        ("an alarm rings at once", AlertNews::State, None, Firing, Open),
        ("and is well again", AlertNews::State, Some(Firing), Resolved, End),
        ("which is said once", AlertNews::State, Some(Resolved), Resolved, Nothing),
    ] {
        let before = before.map(|phase| known_at(phase, Some(20)));
        let arrival = AlertArrival { news, ..seen(phase, Critical, 30) };
        assert_eq!(arrival.step(before.as_ref(), None), expected, "{sentence}");
    }
}

#[test]
fn a_note_is_shown_once_and_neither_opens_nor_ends() {
    let noted = |changed_at: Option<i64>, noted_at: Option<i64>| AlertRecord {
        noted_at: noted_at.map(UnixMs),
        ..known_at(Firing, changed_at)
    };
    for (sentence, before, seen_at, expected) in [
        ("the first of all", None, Some(10), Noted),
        ("while it rings", Some(noted(Some(5), None)), Some(10), Noted),
        ("the same once more", Some(noted(Some(5), Some(10))), Some(10), Nothing),
        ("older than another note", Some(noted(Some(5), Some(10))), Some(9), Late),
        ("older than the state", Some(noted(Some(11), None)), Some(10), Late),
        ("nobody says when", Some(noted(Some(11), Some(12))), None, Noted),
    ] {
        let note = AlertArrival {
            news: AlertNews::Note,
            changed_at: seen_at.map(UnixMs),
            ..arrives(Firing, Warning, None, 0)
        };
        assert_eq!(note.step(before.as_ref(), Some(HOUR_MS)), expected, "{sentence}");
    }
    let begins_late = AlertArrival { news: AlertNews::State, ..seen(Firing, Critical, 5) };
    let only_noted = AlertRecord { noted_at: Some(UnixMs(10)), ..known_at(Resolved, None) };
    assert_eq!(begins_late.step(Some(&only_noted), None), Open, "a note hides no alarm");
}

/// The record after an arrival, as the store keeps it.
fn kept(before: Option<AlertRecord>, arrival: &AlertArrival, step: AlertStep) -> AlertRecord {
    let changed_at = arrival.newest_change(before.as_ref());
    match (step, before) {
        (Late, Some(before)) => before,
        (Nothing, Some(before)) => AlertRecord { changed_at, ..before },
        _ => {
            let phase = if matches!(step, Open | Again(_)) { Firing } else { Resolved };
            AlertRecord { changed_at, rank: arrival.rank, ..known(phase, Error, None) }
        }
    }
}

fn told(arrivals: &[AlertArrival]) -> (Option<AlertRecord>, Vec<AlertStep>) {
    let mut record = None;
    let mut steps = Vec::new();
    for arrival in arrivals {
        let step = arrival.step(record.as_ref(), None);
        record = Some(kept(record, arrival, step));
        steps.push(step);
    }
    (record, steps)
}

fn is_trouble(phase: AlertPhase, rank: AlertRank) -> bool {
    phase == Firing && rank.is_trouble()
}

/// Alerts of one key, each seen at an instant of its own, in order.
fn stories() -> impl Strategy<Value = Vec<AlertArrival>> {
    let ranks = prop::sample::select(vec![Fine, Info, Warning, Error, Critical]);
    let one = (any::<bool>(), ranks, any::<bool>());
    prop::collection::vec(one, 1..9).prop_map(|all| {
        let arrival = |(at, (is_over, rank, tells_all)): (usize, (bool, AlertRank, bool))| {
            let phase = if is_over { Resolved } else { Firing };
            let news = if tells_all { AlertNews::State } else { AlertNews::Trouble };
            AlertArrival { news, ..seen(phase, rank, 10 * at as i64) }
        };
        all.into_iter().enumerate().map(arrival).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn any_order_ends_in_the_state_of_the_newest(
        (story, shuffled) in stories().prop_flat_map(|story| {
            (Just(story.clone()), Just(story).prop_shuffle())
        })
    ) {
        let newest = story[story.len() - 1];
        for order in [&story, &shuffled] {
            let record = told(order).0.expect("something arrived");
            prop_assert_eq!(record.changed_at, newest.changed_at);
            let expected = is_trouble(newest.phase, newest.rank);
            prop_assert_eq!(is_trouble(record.phase, record.rank), expected, "{:?}", order);
        }
    }

    #[test]
    fn what_arrives_again_is_told_once(
        (story, again) in stories().prop_flat_map(|story| {
            let again = prop::collection::vec(prop::sample::select(story.clone()), 0..12);
            (Just(story).prop_shuffle(), again)
        })
    ) {
        let first = told(&story).0;
        let all: Vec<_> = story.iter().chain(&again).copied().collect();
        let (last, steps) = told(&all);
        prop_assert_eq!(first, last);
        prop_assert!(steps[story.len()..].iter().all(|step| step.is_idle()), "{:?}", steps);
    }
}
