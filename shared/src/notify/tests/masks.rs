//! What is hidden of what vendors say.

use super::fixture::{channel, config};
use crate::config::Secret;
use crate::notify::Mask;

fn mask(value: &str) -> Mask {
    let config = config();
    let mut channel = channel(&config, "webhook").clone();
    channel.secrets.clear();
    channel.secrets.insert("URL".to_owned(), Secret::new(value));
    Mask::of(&channel)
}

#[test]
fn secrets_are_hidden_however_they_are_repeated() {
    let url = "https://hooks.example/s/T0/Seg-ment%20one?key=a%2Fb+c%3Dd&k2=other-one";
    let rows = [
        (url, "Cannot POST /s/T0/Seg-ment%20one?x", "Cannot POST ***?x", "the path"),
        (url, "no seg-ment one here", "no *** here", "a segment, decoded, in another case"),
        (url, "in %2Fs%2FT0%2FSeg-ment%2520one", "in ***", "the path, encoded"),
        (url, "key a/b c=d is wrong", "key *** is wrong", "a value of the query, decoded"),
        (url, "key=a%2Fb+c%3Dd&k2=other-one!", "***!", "the query"),
        (url, "hooks.example says no", "hooks.example says no", "a host is no secret"),
        ("123:AAbb-cc", "/bot123:AAbb-cc/send", "/bot***/send", "a token"),
        ("123:AAbb-cc", "/bot123%3aAAbb-cc/send", "/bot***/send", "a token, encoded"),
        ("short", "a short word", "a short word", "too short to be a secret"),
        ("p\u{e9}\u{e9}ss", "\u{e9} p\u{e9}\u{e9}ss \u{e9}", "\u{e9} *** \u{e9}", "not ASCII"),
    ];
    for (secret, said, shown, what) in rows {
        assert_eq!(mask(secret).hide(said), shown, "{what}: {said}");
    }
}

#[test]
fn a_secret_that_was_cut_is_hidden_too() {
    let mask = mask("very-secret-token");
    let filler = "x".repeat(150);
    assert_eq!(mask.hide(&format!("{filler} very-secret-t")), format!("{filler} ***"));
    assert_eq!(mask.hide(&format!("{filler} ver")), format!("{filler} ver"));
    assert_eq!(mask.hide("it is very"), "it is very", "nothing was cut here");
}
