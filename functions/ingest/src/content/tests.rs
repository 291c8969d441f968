use serde_json::json;

use super::*;

fn content(entry: Value) -> Content {
    let Value::Object(mut entry) = entry else { panic!("an entry is an object") };
    Content::of(&mut entry)
}

#[test]
fn status_words_state_a_status_and_unknown_ones_count_as_up() {
    for (sentence, status, stated, warns, logged) in [
        ("absent states nothing", Value::Null, None, false, false),
        ("ok is up and not worth a row", json!("OK"), Some(Status::Up), false, false),
        ("warning is degraded", json!("warning"), Some(Status::Degraded), false, true),
        ("critical is down", json!("Critical"), Some(Status::Down), false, true),
        ("an unknown word is up, kept, with a warning", json!("meh"), Some(Status::Up), true, true),
        ("a number is an unknown word", json!(5), Some(Status::Up), true, true),
    ] {
        let content = content(json!({ "status": status }));
        assert_eq!(content.stated, stated, "{sentence}");
        assert_eq!(!content.warnings.is_empty(), warns, "{sentence}");
        assert_eq!(content.log_entry(UnixMs(1)).is_some(), logged, "{sentence}");
    }
}

#[test]
fn a_message_is_cut_to_1_kib_at_a_character() {
    let short = content(json!({"message": "x".repeat(1024)}));
    assert_eq!(short.message.map(|message| message.len()), Some(1024));
    assert!(short.warnings.is_empty());
    // 341 characters of three bytes are 1,023 bytes; the next one does not fit.
    let long = content(json!({"message": "\u{20ac}".repeat(400)}));
    assert_eq!(long.message, Some("\u{20ac}".repeat(341)));
    assert_eq!(long.warnings, ["message was cut to 1024 bytes"]);
}

#[test]
fn metadata_is_kept_up_to_4_kib_of_json_and_dropped_beyond() {
    let at = |bytes: usize| json!({"metadata": {"x": "x".repeat(bytes - 8)}});
    let fits = content(at(4096));
    assert!(fits.warnings.is_empty());
    assert!(fits.log_entry(UnixMs(1)).unwrap().metadata.is_some());
    let over = content(at(4097));
    assert_eq!(over.warnings, ["metadata is larger than 4096 bytes: dropped"]);
    assert_eq!(over.log_entry(UnixMs(1)), None);
    for odd in [json!("x"), json!([1]), json!(5)] {
        let odd = content(json!({"metadata": odd}));
        assert_eq!(odd.warnings, ["metadata is no object: dropped"]);
        assert_eq!(odd.log_entry(UnixMs(1)), None);
    }
}

#[test]
fn a_duration_is_whole_milliseconds_or_dropped() {
    for (sentence, duration, expected) in [
        ("whole", json!(1500), Some(1500)),
        ("rounded", json!(12.6), Some(13)),
        ("nothing", json!(0), Some(0)),
        ("negative", json!(-1), None),
        ("text", json!("12"), None),
        ("beyond what a number holds exactly", json!(1e300), None),
    ] {
        let content = content(json!({ "durationMs": duration }));
        assert_eq!(content.duration_ms, expected, "{sentence}");
        assert_eq!(content.warnings.is_empty(), expected.is_some(), "{sentence}");
    }
}

#[test]
fn what_is_null_or_empty_says_nothing() {
    let nothing =
        json!({"status": null, "message": "", "metadata": {}, "durationMs": null, "other": 1});
    assert!(content(nothing).is_empty());
}
