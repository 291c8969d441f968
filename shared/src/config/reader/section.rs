//! An object whose keys stand in the reference.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::super::looks::{self, Use};
use super::super::markup;
use super::super::reference::{Key, Shape};
use super::{Judge, Object, Place, choice};

/// A JSON object that is read by the reference: only keys that stand there can be asked for, and
/// all of them must be. An absent one reads as empty.
pub(in crate::config) struct Section<'a> {
    object: Object<'a>,
    keys: &'static [Key],
    more: &'static [Key],
}

impl<'a> Section<'a> {
    /// Starts reading `value`, which must be an object with these keys.
    pub(in crate::config) fn open(
        judge: &'a Judge,
        place: Place,
        value: Option<&'a Value>,
        keys: &'static [Key],
    ) -> Self {
        Self { object: Object::open(judge, place, value), keys, more: &[] }
    }

    /// The same with the keys of a second table.
    pub(in crate::config) fn with(mut self, more: &'static [Key]) -> Self {
        self.more = more;
        self
    }

    /// Who collects what is wrong.
    pub(in crate::config) fn judge(&self) -> &'a Judge {
        self.object.judge
    }

    /// Where this object stands.
    pub(in crate::config) fn place(&self) -> &Place {
        &self.object.place
    }

    /// Whether there is an object to read.
    pub(in crate::config) fn is_present(&self) -> bool {
        self.object.is_present()
    }

    /// The value of a key, whatever it is.
    pub(in crate::config) fn value(&mut self, key: &'static str) -> Option<&'a Value> {
        self.shape(key);
        self.object.value(key)
    }

    /// Whether a key that the reference does not have is there; nothing else is said of it then.
    pub(in crate::config) fn take_unknown(&mut self, key: &'static str) -> bool {
        self.object.value(key).is_some()
    }

    /// A text; colours, addresses, CSS and HTML are judged.
    pub(in crate::config) fn text(&mut self, key: &'static str) -> Option<&'a str> {
        let shape = self.shape(key);
        let text = self.object.text(key)?;
        judge_text(self.object.judge, &self.object.place.key(key), shape, text);
        Some(text)
    }

    /// A text that must be there.
    pub(in crate::config) fn required_text(&mut self, key: &'static str) -> Option<&'a str> {
        self.require(key, "a text");
        self.text(key)
    }

    /// true or false.
    pub(in crate::config) fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.shape(key);
        self.object.flag(key)
    }

    /// A whole number within the range of the reference.
    pub(in crate::config) fn whole(&mut self, key: &'static str) -> Option<i64> {
        match self.number_shape(key) {
            Shape::Whole(unit, from, to) => {
                self.object.whole(key, unit, &RangeInclusive::new(from, to))
            }
            _ => mismatch(key),
        }
    }

    /// A number within the range of the reference.
    pub(in crate::config) fn number(&mut self, key: &'static str) -> Option<f64> {
        match self.number_shape(key) {
            Shape::Number(unit, from, to) => {
                self.object.number(key, unit, &RangeInclusive::new(from, to))
            }
            _ => mismatch(key),
        }
    }

    /// A number that must be there.
    pub(in crate::config) fn required_number(&mut self, key: &'static str) -> Option<f64> {
        self.require(key, "a number");
        self.number(key)
    }

    /// The meaning of one of the words of the reference, in any case.
    pub(in crate::config) fn word<T: Copy>(
        &mut self,
        key: &'static str,
        meanings: &[(&'static str, T)],
    ) -> Option<T> {
        let Shape::Word(words) = self.shape(key) else { mismatch(key) };
        debug_assert!(meanings.iter().map(|(word, _)| word).eq(words), "{key} means all its words");
        self.object.choice(key, meanings)
    }

    /// The meanings of a list of words.
    pub(in crate::config) fn words<T: Copy>(
        &mut self,
        key: &'static str,
        meanings: &[(&'static str, T)],
    ) -> Option<Vec<T>> {
        let words = self.texts(key)?;
        let judge = self.object.judge;
        let meaning = |(place, word): &(Place, &str)| choice(judge, place, word, meanings);
        Some(words.iter().filter_map(meaning).collect())
    }

    /// A list of texts with their places.
    pub(in crate::config) fn texts(&mut self, key: &'static str) -> Option<Vec<(Place, &'a str)>> {
        self.shape(key);
        self.object.texts(key)
    }

    /// An object of the reference; reads as empty if it is absent.
    pub(in crate::config) fn section(&mut self, key: &'static str) -> Self {
        let Shape::Object(keys) = self.shape(key) else { mismatch(key) };
        let object = self.object.object(key);
        Self { object, keys, more: &[] }
    }

    /// The objects of a list; what is none is told and left out.
    pub(in crate::config) fn sections(&mut self, key: &'static str) -> Vec<Self> {
        let Shape::List(Shape::Object(keys)) = self.shape(key) else { mismatch(key) };
        let judge = self.object.judge;
        let list = self.object.list(key).unwrap_or_default();
        let open = |(place, value)| Self::open(judge, place, Some(value), keys);
        list.into_iter().map(open).filter(Self::is_present).collect()
    }

    /// An object whose keys are judged elsewhere.
    pub(in crate::config) fn free(&mut self, key: &'static str) -> Object<'a> {
        self.shape(key);
        self.object.object(key)
    }

    /// Ends the reading: whatever is not in the reference is unknown.
    pub(in crate::config) fn close(self) {
        let Object { judge, place, known, .. } = &self.object;
        for key in self.all() {
            debug_assert!(known.contains(&key.name), "nobody reads {} of {place:?}", key.name);
        }
        for (key, _) in self.object.entries() {
            if !known.contains(&key) && !self.all().any(|known| known.name == key) {
                let hint = judge.nearest(key, self.all().map(|known| known.name));
                judge.warn(&place.key(key), format!("is not a known key{hint}"));
            }
        }
    }

    fn all(&self) -> impl Iterator<Item = &'static Key> + use<> {
        self.keys.iter().chain(self.more)
    }

    fn require(&mut self, key: &'static str, what: &str) {
        if self.is_present() && self.object.value(key).is_none() {
            let sentence = format!("must be {what}, and is missing");
            self.object.judge.error(&self.object.place.key(key), sentence);
        }
    }

    fn shape(&self, key: &str) -> Shape {
        let found = self.all().find(|known| known.name == key);
        found.expect("every key that is read stands in the reference").shape
    }

    fn number_shape(&self, key: &str) -> Shape {
        match self.shape(key) {
            Shape::OrNull(shape) => *shape,
            shape => shape,
        }
    }
}

fn mismatch(key: &str) -> ! {
    unreachable!("{key} is read as what the reference says that it is")
}

fn judge_text(judge: &Judge, place: &Place, shape: Shape, text: &str) {
    // An empty text says as little as none.
    if text.is_empty() {
        return;
    }
    let verdict = match shape {
        Shape::Color => looks::check_color(text),
        Shape::Link => looks::check_address(text, Use::Link),
        Shape::Picture => looks::check_address(text, Use::Picture),
        Shape::Css => markup::check_css(text),
        Shape::Html => {
            let findings = markup::judge_html(text);
            findings.errors.into_iter().for_each(|sentence| judge.error(place, sentence));
            findings.oddities.into_iter().for_each(|sentence| judge.warn(place, sentence));
            Ok(())
        }
        _ => Ok(()),
    };
    if let Err(sentence) = verdict {
        judge.error(place, sentence);
    }
}
