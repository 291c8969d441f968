//! Makes the module smaller before it is sent. It knows no JavaScript: it relies on how the module is
//! written, and the tests say what that is.

/// Beside these a space means nothing.
const MARKS: &str = "=+-*/<>?:&|,;{}()[]!%";

/// Names of the module's own that are sent as one letter: A, B, C and so on. Each is a name and nothing
/// else wherever it stands: no property, no part of a text.
const NAMES: [&str; 26] = [
    "event",
    "answer",
    "interval",
    "panel",
    "changes",
    "wanted",
    "isAllowed",
    "setup",
    "element",
    "selector",
    "schedule",
    "remembered",
    "fresh",
    "follow",
    "tell",
    "make",
    "recall",
    "daysOf",
    "words",
    "filtering",
    "passed",
    "relative",
    "enhance",
    "dayText",
    "address",
    "query",
];

/// The module without comments, without spaces and ends of lines that mean nothing, and with short names.
pub fn squeezed(source: &str) -> String {
    let lines = source.lines().map(str::trim);
    let text = lines.filter(|line| !line.is_empty() && !line.starts_with("//")).fold(
        String::with_capacity(source.len()),
        |text, line| {
            let end = if line.ends_with([';', '{', ',', '(', '&', '|', '?']) { "" } else { "\n" };
            text + &tight(&short(line)) + end
        },
    );
    text.replace(";}", "}").replace("}\n}", "}}")
}

/// A line without the spaces that mean nothing; those in texts stay.
fn tight(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut quote = None;
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        let is_mark = |other: Option<char>| other.is_some_and(|other| MARKS.contains(other));
        let is_idle = is_mark(out.chars().next_back()) || is_mark(characters.peek().copied());
        match quote {
            None if character == ' ' && is_idle => continue,
            None if "\"'`".contains(character) => quote = Some(character),
            Some(open) if open == character => quote = None,
            _ => {}
        }
        out.push(character);
    }
    out
}

/// A line with the short names.
fn short(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for word in split(line) {
        match word {
            // What is never assigned anew may be.
            "const" => out.push_str("let"),
            _ => match NAMES.iter().position(|name| *name == word) {
                Some(at) => out.extend(('A'..='Z').nth(at)),
                None => out.push_str(word),
            },
        }
    }
    out
}

/// Words, and what is between them.
fn split(line: &str) -> impl Iterator<Item = &str> {
    let is_word = |character: char| character.is_ascii_alphanumeric() || "_$".contains(character);
    line.split_inclusive(move |character| !is_word(character)).flat_map(move |part| {
        let end = part.trim_end_matches(|character| !is_word(character)).len();
        [&part[..end], &part[end..]].into_iter().filter(|text| !text.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::super::SOURCE;
    use super::*;

    fn code() -> impl Iterator<Item = &'static str> {
        SOURCE.lines().map(str::trim).filter(|line| !line.starts_with("//"))
    }

    /// Else the code after it would become part of the comment, or a space of a text would be lost.
    #[test]
    fn the_source_is_written_so_that_it_can_be_squeezed() {
        for line in code() {
            assert!(!line.contains(" // ") && !line.contains(";//"), "{line}");
            for quote in ['`', '"'] {
                assert_eq!(line.matches(quote).count() % 2, 0, "a text over two lines: {line}");
            }
            assert!(!line.contains('\'') && !line.contains("\\\""), "a text in a text: {line}");
            let texts = line.split('`').skip(1).step_by(2);
            for text in texts {
                assert_eq!(text.matches('{').count(), text.matches('}').count(), "nested: {line}");
            }
            assert!(!line.contains("+ +") && !line.contains("- -"), "{line}");
            assert!(!line.contains(";}"), "{line}");
        }
    }

    /// Else a property or a text would be renamed, or a letter would mean two things.
    #[test]
    fn short_names_stand_for_names_alone() {
        for line in code() {
            let parts: Vec<&str> = split(line).collect();
            for (at, part) in parts.iter().enumerate() {
                let letter = part.len() == 1 && part.as_bytes()[0].is_ascii_uppercase();
                let before = parts[..at].concat();
                let is_text = before.matches('"').count() % 2 == 1;
                assert!(
                    !letter || is_text || before.ends_with(['/', '+', '\\']),
                    "{part} is taken: {line}"
                );
                if !NAMES.contains(part) {
                    continue;
                }
                let after = parts[at + 1..].concat();
                let is_property = before.ends_with('.') && !before.ends_with("...");
                let is_key = after.starts_with(':') && !before.contains('?');
                let is_one_of = (before.ends_with("{ ") || before.ends_with(", "))
                    && (after.starts_with(" }") || after.starts_with(','));
                let is_shorthand = is_one_of && before.rfind('{') > before.rfind('(');
                let is_pattern = before.ends_with(['/', '|', '#']) && !before.ends_with(" / ");
                let is_shown = is_text || is_within(&before);
                assert!(
                    !(is_property || is_key || is_shorthand || is_pattern || is_shown),
                    "{part} is more than a name: {line}"
                );
            }
        }
    }

    /// Whether what follows is the text of an open template, not code in it.
    fn is_within(before: &str) -> bool {
        let Some((outside, text)) = before.rsplit_once('`') else { return false };
        outside.matches('`').count() % 2 == 0
            && text.matches('{').count() == text.matches('}').count()
    }

    #[test]
    fn spaces_and_long_names_go_where_they_mean_nothing() {
        let rows = [
            ("const a = (b) => { return b ? 1 : -2; };", "let a=(b)=>{return b?1:-2};\n"),
            (r#"tip(a, "1 + 1", `= ${b} %`);"#, "tip(a,\"1 + 1\",`= ${b} %`);\n"),
            ("for (const x of xs) y in z;", "for(let x of xs)y in z;\n"),
            ("tell(event.target, ...changes)", "O(A.target,...E)\n"),
        ];
        for (line, expected) in rows {
            assert_eq!(squeezed(line).trim_end(), expected.trim_end());
        }
    }
}
