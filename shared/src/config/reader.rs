//! Reads JSON values key by key and collects what is wrong with them. Asking for a key declares it,
//! so what is known and what is read cannot drift apart.

mod section;

use std::cell::{Cell, RefCell};
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::Problem;

pub(super) use section::Section;

/// Collects problems; reading goes on after each.
#[derive(Default)]
pub(super) struct Judge {
    errors: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<Problem>>,
    hints: Cell<usize>,
}

/// From here on, of 1, one name is taken for the misspelling of another.
const HINT_LIKENESS: f64 = 0.5;

/// Finding the nearest name costs a pass over all names; after so many, nobody reads them.
const HINT_LIMIT: usize = 50;

impl Judge {
    /// Notes what makes the configuration unusable.
    pub(super) fn error(&self, place: &Place, sentence: impl Into<String>) {
        self.errors.borrow_mut().push(place.problem(sentence));
    }

    /// Notes what is odd.
    pub(super) fn warn(&self, place: &Place, sentence: impl Into<String>) {
        self.warnings.borrow_mut().push(place.problem(sentence));
    }

    /// Whether this file could not be read at all, so that nothing can be judged by it.
    pub(super) fn is_lost(&self, file: &str) -> bool {
        let errors = self.errors.borrow();
        errors.iter().any(|problem| problem.file == file && problem.path.is_empty())
    }

    /// The known name that a misspelt one most likely means, as the end of a sentence; empty if
    /// there is none.
    pub(super) fn nearest<'k>(&self, name: &str, known: impl Iterator<Item = &'k str>) -> String {
        self.hints.set(self.hints.get() + 1);
        if self.hints.get() > HINT_LIMIT {
            return String::new();
        }
        let name = name.to_lowercase();
        let likeness =
            |known: &str| strsim::normalized_damerau_levenshtein(&name, &known.to_lowercase());
        known
            .map(|known| (likeness(known), known))
            .max_by(|(a, left), (b, right)| a.total_cmp(b).then_with(|| right.cmp(left)))
            .filter(|(likeness, _)| *likeness >= HINT_LIKENESS)
            .map(|(_, known)| format!("; the nearest known one is '{known}'"))
            .unwrap_or_default()
    }

    /// Errors, then warnings.
    pub(super) fn verdict(self) -> (Vec<Problem>, Vec<Problem>) {
        (self.errors.into_inner(), self.warnings.into_inner())
    }
}

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    file: String,
    path: String,
}

impl Place {
    /// The whole file.
    pub(super) fn file(name: &str) -> Self {
        Self { file: name.to_owned(), path: String::new() }
    }

    /// A variable of the environment.
    pub(super) fn variable(name: &str) -> Self {
        Self { file: "environment".to_owned(), path: name.to_owned() }
    }

    /// A key of the object here.
    pub(super) fn key(&self, key: &str) -> Self {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_$-".contains(c);
        let path = if key.is_empty() || !key.chars().all(is_plain) {
            format!("{}[{key:?}]", self.path)
        } else if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        };
        Self { file: self.file.clone(), path }
    }

    /// An element of the list here.
    pub(super) fn item(&self, index: usize) -> Self {
        Self { file: self.file.clone(), path: format!("{}[{index}]", self.path) }
    }

    /// Whether it is a variable of the environment.
    pub(super) fn is_variable(&self) -> bool {
        self.file == "environment"
    }

    /// The path alone, as sentences about the same file name it.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    fn problem(&self, sentence: impl Into<String>) -> Problem {
        Problem { file: self.file.clone(), path: self.path.clone(), sentence: sentence.into() }
    }
}

/// A JSON object that is being read. An absent one reads as empty.
pub(super) struct Object<'a> {
    pub(super) judge: &'a Judge,
    pub(super) place: Place,
    map: Option<&'a Map<String, Value>>,
    known: Vec<&'static str>,
}

impl<'a> Object<'a> {
    /// Starts reading `value`, which must be an object.
    pub(super) fn open(judge: &'a Judge, place: Place, value: Option<&'a Value>) -> Self {
        let map = value.and_then(Value::as_object);
        if let (Some(value), None) = (value, map) {
            judge.error(&place, wanted("an object", value));
        }
        Self { judge, place, map, known: Vec::new() }
    }

    /// Whether there is an object to read.
    pub(super) fn is_present(&self) -> bool {
        self.map.is_some()
    }

    /// The value of a key, whatever it is.
    pub(super) fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.map?.get(key)
    }

    /// A text.
    pub(super) fn text(&mut self, key: &'static str) -> Option<&'a str> {
        self.typed(key, "a text", Value::as_str)
    }

    /// true or false.
    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.typed(key, "true or false", Value::as_bool)
    }

    /// A whole number of some unit in a range; `3.0` is whole.
    pub(super) fn whole(
        &mut self,
        key: &'static str,
        unit: &str,
        range: &RangeInclusive<i64>,
    ) -> Option<i64> {
        let wanted = format!("a whole number of {unit} from {} to {}", range.start(), range.end());
        self.typed(key, &wanted, |value| whole(value).filter(|number| range.contains(number)))
    }

    /// A number of some unit in a range.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        unit: &str,
        range: &RangeInclusive<f64>,
    ) -> Option<f64> {
        let wanted = format!("a number of {unit} from {} to {}", range.start(), range.end());
        self.typed(key, &wanted, |value| value.as_f64().filter(|number| range.contains(number)))
    }

    /// One of some words, in any case.
    pub(super) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&'static str, T)],
    ) -> Option<T> {
        let text = self.text(key)?;
        choice(self.judge, &self.place.key(key), text, words)
    }

    /// An object; reads as empty if it is absent.
    pub(super) fn object(&mut self, key: &'static str) -> Object<'a> {
        let value = self.value(key);
        Object::open(self.judge, self.place.key(key), value)
    }

    /// The elements of a list with their places; `None` if it is absent.
    pub(super) fn list(&mut self, key: &'static str) -> Option<Vec<(Place, &'a Value)>> {
        let list = self.typed(key, "a list", Value::as_array)?;
        let place = self.place.key(key);
        Some(list.iter().enumerate().map(|(index, value)| (place.item(index), value)).collect())
    }

    /// A list of texts with their places.
    pub(super) fn texts(&mut self, key: &'static str) -> Option<Vec<(Place, &'a str)>> {
        let list = self.list(key)?;
        let text = |(place, value): (Place, &'a Value)| {
            let text = value.as_str();
            if text.is_none() {
                self.judge.error(&place, wanted("a text", value));
            }
            text.map(|text| (place, text))
        };
        Some(list.into_iter().filter_map(text).collect())
    }

    /// Every key and value but comments, for objects whose keys are free.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
        let entries = self.map.into_iter().flatten().map(|(key, value)| (key.as_str(), value));
        entries.filter(|(key, _)| !is_comment(key))
    }

    /// Ends the reading: whatever nobody asked for is unknown.
    pub(super) fn close(self) {
        for (key, _) in self.entries() {
            if !self.known.contains(&key) {
                let hint = self.judge.nearest(key, self.known.iter().copied());
                self.judge.warn(&self.place.key(key), format!("is not a known key{hint}"));
            }
        }
    }

    fn typed<T>(
        &mut self,
        key: &'static str,
        what: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let read = read(value);
        if read.is_none() {
            self.judge.error(&self.place.key(key), wanted(what, value));
        }
        read
    }
}

/// The meaning of `text` among `words`, in any case; otherwise a problem that names the nearest.
pub(super) fn choice<T: Copy>(
    judge: &Judge,
    place: &Place,
    text: &str,
    words: &[(&'static str, T)],
) -> Option<T> {
    let found = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
    if found.is_none() {
        let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        judge.error(place, format!("must be one of {}, not {}", all.join(", "), quoted(text)));
    }
    found.map(|(_, meaning)| *meaning)
}

/// `text` short enough for a sentence, in quotes.
pub(super) fn quoted(text: &str) -> String {
    const SHOWN: usize = 60;
    if text.chars().count() <= SHOWN {
        return format!("{text:?}");
    }
    let cut: String = text.chars().take(SHOWN).collect();
    format!("{cut:?}...")
}

/// What would be right and what kind of thing is there. Texts are not shown: they may be secret.
pub(super) fn wanted(what: &str, value: &Value) -> String {
    let found = match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(_) => "a text".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    };
    format!("must be {what}, not {found}")
}

fn whole(value: &Value) -> Option<i64> {
    /// Up to here every whole f64 is exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let float = || value.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= EXACT);
    value.as_i64().or_else(|| float().map(|float| float as i64))
}

/// An object as written, without its comments.
pub(super) fn without_comments(map: &Map<String, Value>) -> Map<String, Value> {
    let entries = map.iter().filter(|(key, _)| !is_comment(key));
    entries.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn is_comment(key: &str) -> bool {
    key.starts_with('_') || key == "$schema"
}
