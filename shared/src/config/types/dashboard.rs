//! `dashboard.json`: what the page says of itself and how it looks.

/// The whole file, with its defaults. Texts are plain text, to be escaped; addresses are safe to
/// link to; colours are CSS colours.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dashboard {
    /// `header`.
    pub header: Header,
    /// `branding`.
    pub branding: Branding,
    /// `theme`.
    pub theme: Theme,
    /// `footer`.
    pub footer: Footer,
    /// `customCss`: goes into the page's style element after our own. Empty by default.
    pub custom_css: String,
    /// `customHtml`.
    pub custom_html: CustomHtml,
}

/// `header`.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    /// `title`. Default `Flatline`.
    pub title: String,
    /// `subtitle`.
    pub subtitle: Option<String>,
    /// `logoUrl` with `logoAlt` (default: the title). `None`: our own.
    pub logo: Option<Logo>,
    /// `showLogo`: whether there is a logo at all. Default true.
    pub show_logo: bool,
    /// `links`.
    pub links: Vec<Link>,
}

/// A picture beside the title.
#[derive(Debug, Clone, PartialEq)]
pub struct Logo {
    /// http, https, a path of this site, or a picture as `data:`.
    pub url: String,
    /// What stands for the picture where it is not seen.
    pub alt: String,
}

/// One element of `links`.
#[derive(Debug, Clone, PartialEq)]
pub struct Link {
    /// `text`. Never empty.
    pub text: String,
    /// `url`: http, https, mailto, or relative to the page.
    pub url: String,
    /// `highlight`: shown as a button. Default false.
    pub highlight: bool,
}

/// `branding`.
#[derive(Debug, Clone, PartialEq)]
pub struct Branding {
    /// `pageTitle`, the end of the document's title. Default: the title of the header.
    pub page_title: String,
    /// `favicon`: http, https, a path of this site, or a picture as `data:`.
    pub favicon: Option<String>,
    /// `primaryColor`.
    pub primary_color: Option<String>,
    /// `accentColor`.
    pub accent_color: Option<String>,
}

/// `theme`.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// `defaultMode`. Default auto.
    pub default_mode: ThemeMode,
    /// `showToggle`. Default true.
    pub show_toggle: bool,
    /// `colors.light`.
    pub light: Palette,
    /// `colors.dark`.
    pub dark: Palette,
}

/// `theme.defaultMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThemeMode {
    /// As the visitor's system says.
    #[default]
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// The CSS colours of one mode; `None`: our own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Palette {
    /// `primary`: the page's background.
    pub primary: Option<String>,
    /// `secondary`: the background of cards.
    pub secondary: Option<String>,
    /// `text`.
    pub text: Option<String>,
    /// `textSecondary`.
    pub text_secondary: Option<String>,
    /// `border`.
    pub border: Option<String>,
    /// `statusUp`.
    pub status_up: Option<String>,
    /// `statusDown`.
    pub status_down: Option<String>,
    /// `statusDegraded`.
    pub status_degraded: Option<String>,
}

/// `footer`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Footer {
    /// `text`.
    pub text: Option<String>,
    /// `links`.
    pub links: Vec<Link>,
}

/// `customHtml`: put into the page as it is. Nothing in it runs: no scripts, no event handlers, no
/// frames, no forms.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CustomHtml {
    /// `headerExtra`, at the end of the header. Empty by default.
    pub header_extra: String,
    /// `footerExtra`, at the end of the footer. Empty by default.
    pub footer_extra: String,
}

/// What the page is called without any configuration.
const TITLE: &str = "Flatline";

impl Default for Header {
    fn default() -> Self {
        Self {
            title: TITLE.to_owned(),
            subtitle: None,
            logo: None,
            show_logo: true,
            links: Vec::new(),
        }
    }
}

impl Default for Branding {
    fn default() -> Self {
        Self {
            page_title: TITLE.to_owned(),
            favicon: None,
            primary_color: None,
            accent_color: None,
        }
    }
}

impl Default for Theme {
    fn default() -> Self {
        Self {
            default_mode: ThemeMode::default(),
            show_toggle: true,
            light: Palette::default(),
            dark: Palette::default(),
        }
    }
}
