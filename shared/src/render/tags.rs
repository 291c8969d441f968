//! What stands between the braces of a template, and what may.

/// Words that may begin a `{% %}`.
const STATEMENTS: [&str; 4] = ["if", "elif", "else", "endif"];
/// Filters that return text and never more than they got, by a factor.
const FILTERS: [&str; 6] = ["capitalize", "default", "lower", "title", "trim", "upper"];

/// What a template must not say.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// A brace is not closed.
    #[error("a tag that begins with {0} has no end")]
    Open(&'static str),
    /// Another statement.
    #[error("only if, elif, else and endif may stand between {{% and %}}, not {0:?}")]
    Statement(String),
    /// Another filter.
    #[error(
        "there is no filter {0:?} here; there are capitalize, default, lower, title, trim and upper"
    )]
    Filter(String),
    /// A call.
    #[error("functions cannot be called: {0:?}")]
    Call(String),
    /// Something that builds lists, or does arithmetic.
    #[error("{0:?} may not stand in a template")]
    Sign(char),
}

/// The tags of a template without the texts in quotes.
#[derive(Debug)]
pub struct Tags(Vec<String>);

impl Tags {
    /// Finds and judges them.
    pub fn of(text: &str) -> Result<Self, Mistake> {
        let mut tags = Vec::new();
        let mut rest = text;
        while let Some(start) =
            rest.find("{{").into_iter().chain(rest.find("{%")).chain(rest.find("{#")).min()
        {
            let (begin, after) = rest[start..].split_at(2);
            let (end, name) = match begin {
                "{{" => ("}}", "{{"),
                "{%" => ("%}", "{%"),
                _ => ("#}", "{#"),
            };
            let (inner, left) = split(after, end, begin != "{#").ok_or(Mistake::Open(name))?;
            rest = left;
            if begin == "{#" {
                continue;
            }
            let inner = inner.trim_matches('-').trim().to_owned();
            judge(&inner, begin == "{%")?;
            tags.push(inner);
        }
        Ok(Self(tags))
    }

    /// Each `name.key` in them.
    pub fn keys(&self) -> impl Iterator<Item = (String, Option<String>)> + '_ {
        self.0.iter().flat_map(|tag| {
            tag.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).filter_map(|path| {
                let (name, key) = path.split_once('.')?;
                let key = key.split('.').next()?;
                (!name.is_empty() && !key.is_empty())
                    .then(|| (name.to_owned(), Some(key.to_owned())))
            })
        })
    }
}

/// What stands before `end`, with texts in quotes left empty, and what comes after it.
fn split<'t>(text: &'t str, end: &str, has_texts: bool) -> Option<(String, &'t str)> {
    let mut inner = String::new();
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match quote {
            Some(open) if c == open => {
                quote = None;
                inner.push(c);
            }
            Some(_) => {}
            None if text[at..].starts_with(end) => return Some((inner, &text[at + end.len()..])),
            None => {
                if has_texts && ['"', '\'', '`'].contains(&c) {
                    quote = Some(c);
                }
                inner.push(c);
            }
        }
    }
    None
}

fn judge(tag: &str, is_statement: bool) -> Result<(), Mistake> {
    if is_statement {
        let word = tag.split_whitespace().next().unwrap_or_default();
        if !STATEMENTS.contains(&word) {
            return Err(Mistake::Statement(word.to_owned()));
        }
    }
    if let Some(sign) = tag.chars().find(|c| "[]{}*".contains(*c)) {
        return Err(Mistake::Sign(sign));
    }
    for filter in tag.split('|').skip(1) {
        let name: String = filter.trim_start().chars().take_while(|c| is_word(*c)).collect();
        if !FILTERS.contains(&name.as_str()) {
            return Err(Mistake::Filter(name));
        }
    }
    for (at, _) in tag.match_indices('(') {
        let before = tag[..at].trim_end();
        let name_at = before.rfind(|c: char| !is_word(c)).map_or(0, |at| at + 1);
        let (left, name) = before.split_at(name_at);
        let is_grouping =
            name.is_empty() || ["if", "elif", "and", "or", "not", "in"].contains(&name);
        if !is_grouping && !left.trim_end().ends_with('|') {
            return Err(Mistake::Call(name.to_owned()));
        }
    }
    Ok(())
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_templates_may_say() {
        let rows = [
            ("plain { text }", Ok(()), "single braces are text"),
            ("{{ serviceName }}", Ok(()), "a name"),
            ("{{- serviceName | upper -}}", Ok(()), "a filter, and trimmed space"),
            ("{{ message | default(value=\"none | safe\") }}", Ok(()), "signs in texts are text"),
            (
                "{% if status == 'up' and (a or b) %}x{% elif b %}y{% else %}z{% endif %}",
                Ok(()),
                "if",
            ),
            ("{# anything | at all #}", Ok(()), "a comment"),
            ("{{ serviceName | safe }}", Err(Mistake::Filter("safe".to_owned())), "unescaped"),
            ("{{ serviceName", Err(Mistake::Open("{{")), "no end"),
            ("{% for a in b %}{% endfor %}", Err(Mistake::Statement("for".to_owned())), "a loop"),
            ("{% raw %}", Err(Mistake::Statement("raw".to_owned())), "raw"),
            ("{{ range(end=9) }}", Err(Mistake::Call("range".to_owned())), "a call"),
            ("{{ a[0] }}", Err(Mistake::Sign('[')), "an index"),
        ];
        for (text, expected, what) in rows {
            assert_eq!(Tags::of(text).map(drop), expected, "{what}: {text}");
        }
    }

    #[test]
    fn keys_of_names_are_found() {
        let tags = Tags::of("{{ labels.env }} {% if annotations.runbook %}{% endif %}").unwrap();
        let keys: Vec<_> = tags.keys().collect();
        let key = |name: &str, key: &str| (name.to_owned(), Some(key.to_owned()));
        assert_eq!(keys, [key("labels", "env"), key("annotations", "runbook")]);
    }
}
