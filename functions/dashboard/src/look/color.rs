//! Colours of the configuration, made readable where they become text (WCAG 2.2 AA, 4.5:1).

/// The least contrast of text, with a little room for what browsers round.
const TEXT_CONTRAST: f64 = 4.6;

/// An opaque sRGB colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color([u8; 3]);

impl Color {
    /// `#rgb`, `#rrggbb`, or those with an alpha, which is ignored. `None`: anything else, which
    /// browsers may understand and we do not.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.trim().strip_prefix('#')?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        let nibble = |at: usize| u8::from_str_radix(digits.get(at..=at)?, 16).ok().map(|n| n * 17);
        match digits.len() {
            3 | 4 => Some(Self([nibble(0)?, nibble(1)?, nibble(2)?])),
            6 | 8 => Some(Self([byte(0)?, byte(2)?, byte(4)?])),
            _ => None,
        }
    }

    /// `#rrggbb`.
    pub fn css(self) -> String {
        let [red, green, blue] = self.0;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }

    /// The colour nearest to this one that can be read on all of these backgrounds.
    pub fn readable_on(self, backgrounds: &[Self]) -> Self {
        let is_dark = backgrounds.iter().all(|ground| ground.luminance() < 0.18);
        let end = if is_dark { Self([255; 3]) } else { Self([0; 3]) };
        (0..=20)
            .map(|step| self.mixed(end, f64::from(step) / 20.0))
            .find(|color| backgrounds.iter().all(|ground| color.contrast(*ground) >= TEXT_CONTRAST))
            .unwrap_or(end)
    }

    /// Black or white, whichever is easier to read on this colour.
    pub fn text_on(self) -> Self {
        let (black, white) = (Self([0; 3]), Self([255; 3]));
        if white.contrast(self) >= TEXT_CONTRAST || white.contrast(self) > black.contrast(self) {
            white
        } else {
            black
        }
    }

    /// This colour with `share` (0 to 1) of `other` in it.
    pub fn mixed(self, other: Self, share: f64) -> Self {
        let mix = |at: usize| {
            let (ours, theirs) = (f64::from(self.0[at]), f64::from(other.0[at]));
            (ours + (theirs - ours) * share).round() as u8
        };
        Self([mix(0), mix(1), mix(2)])
    }

    /// Contrast ratio, 1 to 21.
    fn contrast(self, other: Self) -> f64 {
        let (ours, theirs) = (self.luminance() + 0.05, other.luminance() + 0.05);
        if ours > theirs { ours / theirs } else { theirs / ours }
    }

    /// Relative luminance, 0 to 1.
    fn luminance(self) -> f64 {
        let linear = |byte: u8| {
            let share = f64::from(byte) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color(text: &str) -> Color {
        Color::parse(text).unwrap()
    }

    #[test]
    fn colours_are_read_in_hexadecimal() {
        let rows = [
            ("six digits", "#10b981", Some("#10b981")),
            ("three", "#FA0", Some("#ffaa00")),
            ("an alpha is ignored", "#10b98180", Some("#10b981")),
            ("a name is left to the browser", "tomato", None),
            ("no digits", "#ggg", None),
            ("too many", "#1234567", None),
            ("not even ASCII", "#ééé", None),
        ];
        for (why, text, expected) in rows {
            assert_eq!(Color::parse(text).map(Color::css).as_deref(), expected, "{why}");
        }
    }

    #[test]
    fn text_can_be_read_whatever_colour_was_asked_for() {
        let grounds = [
            [color("#ffffff"), color("#f1f5f9")],
            [color("#09090b"), color("#18181b")],
            [color("#ffff00"), color("#777777")],
        ];
        for grounds in &grounds[..2] {
            for asked in ["#10b981", "#f59e0b", "#ffffff", "#000000", "#ef4444", "#777777"] {
                let read = color(asked).readable_on(grounds);
                for ground in grounds {
                    assert!(read.contrast(*ground) >= 4.5, "{asked} on {}", ground.css());
                }
            }
        }
        let fine = color("#0a7a4c");
        assert_eq!(fine.readable_on(&grounds[0]), fine, "what is readable stays as it is");
        color("#777777").readable_on(&grounds[2]);
    }

    #[test]
    fn a_button_has_text_that_can_be_read() {
        for (ground, text) in
            [("#1d4ed8", "#ffffff"), ("#fde047", "#000000"), ("#3b82f6", "#000000")]
        {
            assert_eq!(color(ground).text_on().css(), text, "on {ground}");
        }
    }
}
