//! Text for a vendor: escaped, and cut to a limit in the vendor's unit, never inside an escape.

use std::borrow::Cow;

/// What a vendor counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Unicode characters.
    Chars,
    /// UTF-16 units: a character outside the basic plane counts twice.
    Utf16,
    /// Bytes of UTF-8.
    Bytes,
}

/// Whether a vendor counts what was written or what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Escapes count.
    Written,
    /// Escapes count as what they stand for, markup as nothing.
    Shown,
}

/// How long a text may be.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// The most.
    pub max: usize,
    /// Of what.
    pub unit: Unit,
    /// Before or after escaping.
    pub counted: Counted,
}

impl Limit {
    /// So many characters.
    #[must_use]
    pub const fn chars(max: usize) -> Self {
        Self { max, unit: Unit::Chars, counted: Counted::Written }
    }

    /// So many UTF-16 units.
    #[must_use]
    pub const fn utf16(max: usize) -> Self {
        Self { max, unit: Unit::Utf16, counted: Counted::Written }
    }

    /// The same, of what is shown.
    #[must_use]
    pub const fn shown(self) -> Self {
        Self { counted: Counted::Shown, ..self }
    }
}

/// Writes one character so that it stands for itself.
pub type Escape = fn(char) -> Cow<'static, str>;

/// For vendors that take text as it is.
#[must_use]
pub fn plain(c: char) -> Cow<'static, str> {
    c.to_string().into()
}

/// For HTML and everything that borrows its entities.
#[must_use]
pub fn entities(c: char) -> Cow<'static, str> {
    match c {
        '&' => "&amp;".into(),
        '<' => "&lt;".into(),
        '>' => "&gt;".into(),
        other => plain(other),
    }
}

/// What stands where something was cut.
const ELLIPSIS: char = '\u{2026}';

/// A text that grows up to its limit and then ends in an ellipsis.
#[derive(Clone, Debug)]
pub struct Text {
    out: String,
    left: usize,
    limit: Limit,
    escape: Escape,
    is_full: bool,
}

impl Text {
    /// Nothing yet.
    #[must_use]
    pub const fn new(limit: Limit, escape: Escape) -> Self {
        Self { out: String::new(), left: limit.max, limit, escape, is_full: false }
    }

    /// Adds words of ours, as they are.
    pub fn ours(&mut self, text: &str) -> &mut Self {
        self.push(text, plain, 0)
    }

    /// Adds what is written in the vendor's form already, such as a rendered template: `\\x`, `&x;` and
    /// `<x>` are never cut.
    pub fn written(&mut self, text: &str) -> &mut Self {
        let mut rest = text;
        while !rest.is_empty() && !self.is_full {
            let (atom, after) = rest.split_at(atom_bytes(rest));
            let is_last = after.is_empty();
            let end = if is_last { 0 } else { self.cost(ELLIPSIS, "\u{2026}") };
            let cost = self.limit.unit.count(atom);
            if cost + end > self.left {
                // What follows may still be short enough to need no mark of a cut.
                let rest_cost = self.limit.unit.count(rest);
                if rest_cost <= self.left {
                    self.left -= rest_cost;
                    self.out.push_str(rest);
                } else {
                    self.end_here();
                }
                return self;
            }
            self.left -= cost;
            self.out.push_str(atom);
            rest = after;
        }
        self
    }

    /// Adds words of others, tidied and escaped.
    pub fn theirs(&mut self, text: &str) -> &mut Self {
        self.push(&tidy(text), self.escape, 0)
    }

    /// Adds words of others, between marks that count only where everything written does; leaves
    /// `reserve` for what must still follow.
    pub fn marked(&mut self, open: &str, text: &str, close: &str, reserve: usize) -> &mut Self {
        let marks = self.markup_cost(open) + self.markup_cost(close);
        let text = tidy(text);
        if self.is_full || text.is_empty() || self.left <= marks + reserve {
            return self;
        }
        self.left -= marks;
        self.out.push_str(open);
        self.push(&text, self.escape, reserve);
        self.out.push_str(close);
        self
    }

    /// Adds markup of ours, whole or not at all.
    pub fn markup(&mut self, markup: &str) -> &mut Self {
        let cost = self.markup_cost(markup);
        if !self.is_full && cost <= self.left {
            self.left -= cost;
            self.out.push_str(markup);
        }
        self
    }

    /// How much can still be added.
    #[must_use]
    pub const fn left(&self) -> usize {
        if self.is_full { 0 } else { self.left }
    }

    /// Whether something was cut.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.is_full
    }

    /// What `text` of others would take.
    #[must_use]
    pub fn cost_of(&self, text: &str) -> usize {
        tidy(text).chars().map(|c| self.cost(c, &(self.escape)(c))).sum()
    }

    /// The text.
    #[must_use]
    pub fn finish(self) -> String {
        self.out
    }

    /// Marks a cut, if there is any room for it.
    fn end_here(&mut self) {
        let end = self.cost(ELLIPSIS, "\u{2026}");
        if end <= self.left {
            self.left -= end;
            self.out.push(ELLIPSIS);
        }
        self.is_full = true;
    }

    fn push(&mut self, text: &str, escape: Escape, reserve: usize) -> &mut Self {
        if self.is_full {
            return self;
        }
        let room = self.left.saturating_sub(reserve);
        let end = self.cost(ELLIPSIS, "\u{2026}");
        let (mut used, mut safe) = (0, (self.out.len(), 0));
        for c in text.chars() {
            let written = escape(c);
            let cost = self.cost(c, &written);
            if used + cost > room {
                self.out.truncate(safe.0);
                if safe.1 + end <= room {
                    self.out.push(ELLIPSIS);
                }
                self.is_full = reserve == 0;
                self.left = reserve.min(self.left);
                return self;
            }
            used += cost;
            self.out.push_str(&written);
            if used + end <= room {
                safe = (self.out.len(), used);
            }
        }
        self.left -= used;
        self
    }

    fn cost(&self, c: char, written: &str) -> usize {
        match self.limit.counted {
            Counted::Written => self.limit.unit.count(written),
            Counted::Shown => self.limit.unit.count(c.encode_utf8(&mut [0; 4])),
        }
    }

    fn markup_cost(&self, markup: &str) -> usize {
        match self.limit.counted {
            Counted::Written => self.limit.unit.count(markup),
            Counted::Shown => 0,
        }
    }
}

impl Unit {
    /// How many of them `text` has.
    #[must_use]
    pub fn count(self, text: &str) -> usize {
        match self {
            Self::Chars => text.chars().count(),
            Self::Utf16 => text.encode_utf16().count(),
            Self::Bytes => text.len(),
        }
    }
}

/// Bytes of the first thing in `text` that must stay whole.
fn atom_bytes(text: &str) -> usize {
    let mut chars = text.chars();
    let first = chars.next().map_or(0, char::len_utf8);
    let upto = |end: char, within: usize| {
        let found = text.char_indices().take(within).find(|(_, c)| *c == end);
        found.map_or(first, |(at, _)| at + end.len_utf8())
    };
    match text.as_bytes().first() {
        Some(b'\\') => first + chars.next().map_or(0, char::len_utf8),
        Some(b'&') => upto(';', 10),
        Some(b'<') => upto('>', 1_000),
        _ => first,
    }
}

/// Text of others without what cannot be seen: control characters but line ends, and the marks that
/// turn the direction of reading, by which a text could show as another.
#[must_use]
pub fn tidy(text: &str) -> Cow<'_, str> {
    let is_hidden = |c: char| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{2028}' | '\u{2029}')
    };
    if !text.contains(is_hidden) {
        return text.into();
    }
    let text = text.replace("\r\n", "\n").replace(['\t', '\r', '\u{2028}', '\u{2029}'], " ");
    text.chars().filter(|c| !is_hidden(*c)).collect::<String>().into()
}

/// Tidied text on one line.
#[must_use]
pub fn one_line(text: &str) -> String {
    tidy(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
