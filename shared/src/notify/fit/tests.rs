use super::*;

fn backslash(c: char) -> Cow<'static, str> {
    if c == '*' { r"\*".into() } else { plain(c) }
}

fn cut(text: &str, limit: Limit, escape: Escape) -> String {
    let mut out = Text::new(limit, escape);
    out.theirs(text);
    out.finish()
}

#[test]
fn texts_are_cut_in_the_vendors_unit_and_never_inside_an_escape() {
    let shown = Limit::utf16(3).shown();
    let bytes = Limit { unit: Unit::Bytes, ..Limit::chars(8) };
    let rows: [(&str, Limit, Escape, &str, &str); 13] = [
        ("abc", Limit::chars(3), plain, "abc", "what fits stays"),
        ("abcd", Limit::chars(3), plain, "ab\u{2026}", "one beyond is cut and says so"),
        ("🔥🔥🔥", Limit::chars(3), plain, "🔥🔥🔥", "four bytes are one character"),
        ("🔥🔥🔥🔥", Limit::chars(3), plain, "🔥🔥\u{2026}", "and one beyond is cut"),
        ("🔥🔥", Limit::utf16(4), plain, "🔥🔥", "and two units"),
        ("🔥🔥🔥", Limit::utf16(4), plain, "🔥\u{2026}", "a pair is never halved"),
        ("🔥🔥", bytes, plain, "🔥🔥", "and four bytes"),
        ("🔥🔥🔥", bytes, plain, "🔥\u{2026}", "the mark of the cut counts too"),
        ("a*", Limit::chars(3), backslash, r"a\*", "escapes count where they are written"),
        ("a**", Limit::chars(4), backslash, "a\\*\u{2026}", "an escape is never halved"),
        ("<&>", shown, entities, "&lt;&amp;&gt;", "or count as what they show"),
        ("<&>!", shown, entities, "&lt;&amp;\u{2026}", "there too one beyond is cut"),
        ("ab", Limit::chars(0), plain, "", "nothing fits into nothing"),
    ];
    for (text, limit, escape, expected, what) in rows {
        assert_eq!(cut(text, limit, escape), expected, "{what}: {text} in {limit:?}");
    }
}

#[test]
fn whatever_is_put_together_stays_within_the_limit() {
    for max in 0..40 {
        let mut text = Text::new(Limit::utf16(max), backslash);
        text.ours("Service ")
            .theirs("🔥*a*🔥")
            .marked("<b>", "x*yz", "</b>", 3)
            .markup("<i>")
            .ours("end");
        let left = text.left();
        let out = text.finish();
        assert!(Unit::Utf16.count(&out) + left <= max, "{max}: {out} and {left}");
        assert_eq!(out.contains("<b>"), out.contains("</b>"), "{out}");
    }
}

#[test]
fn what_is_written_already_stays_within_the_limit_too() {
    for max in 0..12 {
        for written in ["f", "a\\*b", "&lt;&gt;", "<b>🔥</b>", "🔥🔥🔥🔥🔥🔥🔥"] {
            let mut text = Text::new(Limit::utf16(max), plain);
            text.written(written).written(written);
            let out = text.finish();
            assert!(Unit::Utf16.count(&out) <= max, "{max}: {out}");
        }
    }
}

#[test]
fn hidden_characters_are_taken_out() {
    let rows = [
        ("plain\ntext", "plain\ntext"),
        ("a\r\nb\rc", "a\nb c"),
        ("a\u{0}b\u{7}\u{1b}[31mc", "ab[31mc"),
        ("user\u{202e}gnp.exe", "usergnp.exe"),
        ("tab\there", "tab here"),
    ];
    for (text, expected) in rows {
        assert_eq!(tidy(text), expected, "{text:?}");
    }
    assert_eq!(one_line(" a\n\tb\u{2028}c "), "a b c");
}
