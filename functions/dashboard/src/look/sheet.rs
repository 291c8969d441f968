//! The stylesheet: variables from the configuration, our rules, then `customCss`.

use std::fmt::Write;

use flatline_shared::config::{Config, Dashboard, Palette};

use super::color::Color;
use super::levels::Levels;

const RULES: &str = include_str!("../../templates/style.css");

/// A variable: its name, our colours in light and dark, and where the configuration has its own.
type Variable = (&'static str, &'static str, &'static str, fn(&Palette) -> Option<&String>);

const SURFACES: [Variable; 5] = [
    ("bg-primary", "#f5f7f9", "#0d1217", |colors| colors.primary.as_ref()),
    ("bg-secondary", "#ffffff", "#151c23", |colors| colors.secondary.as_ref()),
    ("text-primary", "#15202b", "#e9eef3", |colors| colors.text.as_ref()),
    ("text-secondary", "#52606d", "#9fadba", |colors| colors.text_secondary.as_ref()),
    ("border-color", "#dbe2e8", "#27313b", |colors| colors.border.as_ref()),
];

const STATUSES: [Variable; 6] = [
    ("up", "#0a7448", "#3ecf94", |colors| colors.status_up.as_ref()),
    ("down", "#c3202f", "#ff7a82", |colors| colors.status_down.as_ref()),
    ("degraded", "#a44c00", "#ffa05c", |colors| colors.status_degraded.as_ref()),
    ("late", "#7a5a00", "#e6c34a", |_| None),
    ("unknown", "#52606d", "#9fadba", |_| None),
    ("unreadable", "#6b3fb3", "#bda1f8", |_| None),
];

/// The buttons and the mark, unless the configuration says otherwise.
const PRIMARY: (&str, &str) = ("#1f5fbf", "#7db4ff");

/// Room for a strip beside the names.
const STRIP_PX: u32 = 360;

/// A colour in light and dark.
#[derive(Clone, Debug)]
struct Pair {
    light: String,
    dark: String,
}

/// What text is written on.
#[derive(Clone, Debug)]
pub struct Grounds {
    light: Vec<Color>,
    dark: Vec<Color>,
}

impl Pair {
    fn of(config: &Dashboard, variable: &Variable) -> Self {
        let (_, light, dark, own) = variable;
        let text = |palette, ours: &str| {
            own(palette).filter(|text| is_color(text)).map_or(ours.to_owned(), Clone::clone)
        };
        Self { light: text(&config.theme.light, light), dark: text(&config.theme.dark, dark) }
    }

    fn both(color: &str) -> Self {
        Self { light: color.to_owned(), dark: color.to_owned() }
    }

    fn css(&self) -> String {
        if self.light == self.dark {
            return self.light.clone();
        }
        format!("light-dark({},{})", self.light, self.dark)
    }

    fn map(&self, of_light: impl Fn(Color) -> Color, of_dark: impl Fn(Color) -> Color) -> Self {
        let with = |text: &str, change: &dyn Fn(Color) -> Color| {
            Color::parse(text).map_or(text.to_owned(), |color| change(color).css())
        };
        Self { light: with(&self.light, &of_light), dark: with(&self.dark, &of_dark) }
    }

    /// The same as text. What we cannot compute with becomes the text colour of the page.
    fn ink(&self, grounds: &Grounds) -> Self {
        if [&self.light, &self.dark].into_iter().any(|text| Color::parse(text).is_none()) {
            return Self::both("var(--text-primary)");
        }
        self.map(
            |color| color.readable_on(&grounds.light),
            |color| color.readable_on(&grounds.dark),
        )
    }
}

impl Grounds {
    fn of(config: &Dashboard) -> Self {
        let pairs: Vec<Pair> =
            SURFACES[..2].iter().map(|surface| Pair::of(config, surface)).collect();
        let parse = |texts: Vec<&str>| texts.into_iter().filter_map(Color::parse).collect();
        Self {
            light: parse(pairs.iter().map(|pair| pair.light.as_str()).collect()),
            dark: parse(pairs.iter().map(|pair| pair.dark.as_str()).collect()),
        }
    }

    /// With the tint that banner and tiles have in this colour.
    fn tinted(&self, color: &Pair) -> Self {
        let tint = |grounds: &[Color], text: &str| {
            let tints = Color::parse(text).into_iter();
            let tints = tints.flat_map(|color| {
                grounds.iter().map(move |ground| ground.mixed(color, 0.10)).collect::<Vec<_>>()
            });
            grounds.iter().copied().chain(tints).collect()
        };
        Self { light: tint(&self.light, &color.light), dark: tint(&self.dark, &color.dark) }
    }
}

/// The whole sheet. `moved` are the styles of `customHtml`.
pub fn sheet(config: &Config, levels: &Levels, moved: &str) -> String {
    let dashboard = &config.dashboard;
    let grounds = Grounds::of(dashboard);
    let mut css = String::from(":root{");
    for surface in &SURFACES {
        let _ = write!(css, "--{}:{};", surface.0, Pair::of(dashboard, surface).css());
    }
    for status in &STATUSES {
        let (name, pair) = (status.0, Pair::of(dashboard, status));
        let ink = pair.ink(&grounds.tinted(&pair)).css();
        let color = pair.css();
        // An equal ink follows `--status-up` and its siblings where customCss sets them.
        let ink = if ink == color { format!("var(--status-{name})") } else { ink };
        let _ = write!(css, "--status-{name}:{color};--ink-{name}:{ink};");
    }
    css.push_str(&brand(dashboard, &grounds));
    css.push_str(&strip(config.settings.retention_days));
    css.push('}');
    for level in levels.all() {
        let pair = Pair::both(if is_color(&level.color) { &level.color } else { "gray" });
        let (color, ink) = (pair.css(), pair.ink(&grounds).css());
        // The worse, the taller: colour alone would not tell.
        let height = 1.4 + 0.6 * level.badness;
        let _ = write!(css, ".{}{{--l:{color};--li:{ink};--h:{height:.2}}}", level.class);
    }
    for (class, best) in levels.bests() {
        let color = if is_color(best) { best } else { "gray" };
        let _ = write!(css, ".{class}{{--best:{color}}}");
    }
    css.push_str(RULES);
    css.push_str(moved);
    // Whatever is in it, it stays in this element.
    css.push_str(&dashboard.custom_css.replace("</", "<\\/"));
    css
}

/// `primaryColor` and `accentColor`: buttons and the mark.
fn brand(config: &Dashboard, grounds: &Grounds) -> String {
    let own = |color: &Option<String>| color.clone().filter(|text| is_color(text));
    let primary = own(&config.branding.primary_color)
        .map_or(Pair { light: PRIMARY.0.to_owned(), dark: PRIMARY.1.to_owned() }, |color| {
            Pair::both(&color)
        });
    let on_primary = primary.map(Color::text_on, Color::text_on);
    let accent = own(&config.branding.accent_color);
    format!(
        "--primary:{};--on-primary:{};--link:{};--accent:{}",
        primary.css(),
        on_primary.css(),
        primary.ink(grounds).css(),
        accent.as_deref().unwrap_or("var(--status-up)"),
    )
}

/// How wide a strip of so many days is, and the comb that parts its days where there is room.
fn strip(days: u32) -> String {
    let days = days.max(1);
    match STRIP_PX / days {
        pitch @ 3.. => format!(
            ";--strip:{}px;--comb:repeating-linear-gradient(90deg,#000 0 calc(100%/{days} - 1px),\
             #0000 0 calc(100%/{days}))",
            pitch * days
        ),
        _ => format!(";--strip:{STRIP_PX}px"),
    }
}

/// Whether this can only be a colour: the judge of the configuration says more.
fn is_color(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"#(),.% /-".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

#[cfg(test)]
mod tests;
