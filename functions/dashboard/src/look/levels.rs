//! The levels of uptime: which one a percentage has, and the classes that colour it.

use std::collections::BTreeMap;

use flatline_shared::config::{Settings, UptimeThreshold};
use serde::Serialize;

/// One level of one set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Level {
    /// The class of this level of this set.
    pub class: String,
    /// `uptime-` and the level's name, which customCss may rely on.
    pub name_class: String,
    /// What people call it.
    pub label: String,
    /// `from 99.5 %`, `below 95 %`.
    pub range: String,
    /// How bad it is within its set: 0 is the best, 1 the worst.
    #[serde(skip)]
    pub badness: f64,
    /// The least uptime of this level, in percent.
    #[serde(skip)]
    pub min: f64,
    /// CSS colour as configured.
    #[serde(skip)]
    pub color: String,
}

/// The levels of one set, the best first.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Set {
    /// Its class, for the days that were wholly up.
    pub class: String,
    /// Its levels.
    pub levels: Vec<Level>,
}

/// All sets.
#[derive(Clone, Debug)]
pub struct Levels {
    sets: BTreeMap<String, Set>,
    standard: String,
}

impl Levels {
    /// Those of the configuration.
    pub fn of(settings: &Settings) -> Self {
        let mut number = 0;
        let sets = settings.threshold_sets.iter().enumerate().map(|(index, (name, thresholds))| {
            let mut sorted: Vec<&UptimeThreshold> = thresholds.iter().collect();
            sorted.sort_by(|one, other| other.min.total_cmp(&one.min));
            let mut above = None;
            let mut levels = Vec::new();
            let steps = sorted.len().saturating_sub(1).max(1) as f64;
            for threshold in sorted {
                let badness = levels.len() as f64 / steps;
                levels.push(Level::of(threshold, number, badness, above));
                above = Some(threshold.min);
                number += 1;
            }
            (name.clone(), Set { class: format!("g{index}"), levels })
        });
        Self { sets: sets.collect(), standard: settings.threshold_profile.clone() }
    }

    /// The set of this name, else the one of services that name none.
    pub fn set(&self, name: Option<&str>) -> &Set {
        name.and_then(|name| self.sets.get(name))
            .or_else(|| self.sets.get(&self.standard))
            .or_else(|| self.sets.values().next())
            .expect("the set `default` is always there")
    }

    /// Every level of every set.
    pub fn all(&self) -> impl Iterator<Item = &Level> {
        self.sets.values().flat_map(|set| &set.levels)
    }

    /// The class of each set and the colour of its best level.
    pub fn bests(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sets
            .values()
            .filter_map(|set| Some((set.class.as_str(), set.levels.first()?.color.as_str())))
    }
}

impl Set {
    /// The level of this percentage. `None`: the set has no level so low.
    pub fn level(&self, percentage: f64) -> Option<&Level> {
        self.levels.iter().find(|level| percentage >= level.min)
    }
}

impl Level {
    fn of(threshold: &UptimeThreshold, number: usize, badness: f64, above: Option<f64>) -> Self {
        let range = match above {
            Some(above) if threshold.min <= 0.0 => format!("below {above} %"),
            _ => format!("from {} %", threshold.min),
        };
        let label =
            if threshold.label.is_empty() { &threshold.name } else { &threshold.label }.clone();
        Self {
            class: format!("k{number}"),
            name_class: format!("uptime-{}", class_name(&threshold.name)),
            label,
            range,
            badness,
            min: threshold.min,
            color: threshold.color.clone(),
        }
    }
}

/// A name as part of a class: what would end it becomes a hyphen.
fn class_name(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_has_the_first_level_that_it_reaches() {
        let levels = Levels::of(&Settings::default());
        let set = levels.set(None);
        let rows = [
            ("wholly up", 100.0, "uptime-excellent"),
            ("exactly at the limit", 99.5, "uptime-excellent"),
            ("just below it", 99.499, "uptime-good"),
            ("in the middle", 97.0, "uptime-fair"),
            ("nothing", 0.0, "uptime-poor"),
        ];
        for (why, percentage, class) in rows {
            assert_eq!(set.level(percentage).unwrap().name_class, class, "{why}");
        }
        assert_eq!(levels.set(Some("of nobody")), set, "an unknown set is the standard one");
    }

    #[test]
    fn levels_are_sorted_and_say_their_range() {
        let mut settings = Settings::default();
        let set = settings.threshold_sets.get_mut("default").unwrap();
        set.reverse();
        set[0].name = "very poor".to_owned();
        let levels = Levels::of(&settings);
        let ranges: Vec<_> =
            levels.set(None).levels.iter().map(|level| level.range.as_str()).collect();
        assert_eq!(ranges, ["from 99.5 %", "from 99 %", "from 95 %", "below 95 %"]);
        assert_eq!(levels.set(None).levels[3].name_class, "uptime-very-poor");
    }
}
