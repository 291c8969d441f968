//! Every key of the four files: what it may hold, what holds where it is absent, what it is for.
//!
//! The reader takes the ranges and words from here and refuses to read a key that is not here; the
//! schemas and the tables of docs/configuration.md are made from here. So none of them can say
//! something else. Tests load every key, and a file in which every default is written out.
#![cfg_attr(not(test), expect(dead_code, reason = "schemas and tables are made by tests"))]

pub(super) mod dashboard;
#[cfg(test)]
mod markdown;
pub(super) mod notifications;
#[cfg(test)]
mod schema;
pub(super) mod services;
pub(super) mod settings;

#[cfg(test)]
mod tests;

/// One key of an object.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    pub(super) standard: Standard,
    pub(super) about: &'static str,
}

/// What holds where a key is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standard {
    /// The key must be there.
    Required,
    /// Nothing.
    Nothing,
    /// This JSON.
    Json(&'static str),
    /// What these words say.
    Words(&'static str),
    /// The key is an old name: it still works, and is not offered.
    Old,
}

/// What a key may hold.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Text,
    Flag,
    /// A whole number of a unit, both ends included.
    Whole(&'static str, i64, i64),
    /// A number of a unit, both ends included.
    Number(&'static str, f64, f64),
    /// One of some words, in any case.
    Word(&'static [&'static str]),
    /// The word of a type of channels.
    Kind,
    Color,
    Link,
    Picture,
    Css,
    Html,
    /// A list with elements of one shape.
    List(&'static Shape),
    /// An object with these keys.
    Object(&'static [Key]),
    /// An object with free keys.
    Map(&'static Shape),
    /// An object whose keys are judged elsewhere.
    Free,
    /// One of two shapes.
    Either(&'static Shape, &'static Shape),
    /// Something or null.
    OrNull(&'static Shape),
}

const fn key(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, shape, standard: Standard::Nothing, about }
}

impl Key {
    /// With this default, as JSON.
    const fn or(mut self, json: &'static str) -> Self {
        self.standard = Standard::Json(json);
        self
    }

    /// With a default in words.
    const fn or_else(mut self, words: &'static str) -> Self {
        self.standard = Standard::Words(words);
        self
    }

    /// That must be there.
    const fn required(mut self) -> Self {
        self.standard = Standard::Required;
        self
    }

    /// That is an old name.
    const fn old(mut self) -> Self {
        self.standard = Standard::Old;
        self
    }
}
