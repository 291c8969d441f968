//! How the page looks and what it always says, from the configuration: made once per process.

mod color;
mod html;
mod levels;
mod sheet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flatline_shared::config::{Config, Header, Link, ThemeMode};
use serde::Serialize;
use sha2::{Digest, Sha256};

pub use self::color::Color;
pub use self::levels::{Level, Levels, Set};

/// Puts the remembered theme into effect before anything is drawn.
const THEME_SCRIPT: &str =
    "try{let t=localStorage.theme;if(t)document.documentElement.dataset.theme=t}catch{}";

/// What is the same on every page.
#[derive(Debug, Serialize)]
pub struct Look {
    /// The stylesheet.
    pub css: String,
    /// The script in the head, where visitors may choose a theme.
    pub theme_script: Option<&'static str>,
    /// `light` or `dark`. `None`: as the visitor's system says.
    pub theme: Option<&'static str>,
    /// The heading.
    pub title: String,
    /// Below it.
    pub subtitle: Option<String>,
    /// The picture beside it.
    pub logo: Option<LogoView>,
    /// Links in the header.
    pub links: Vec<LinkView>,
    /// At the end of the document's title.
    pub page_title: String,
    /// The address of its icon. `None`: ours.
    pub favicon: Option<String>,
    /// A line in the footer.
    pub footer_text: Option<String>,
    /// Links in the footer.
    pub footer_links: Vec<LinkView>,
    /// `customHtml.headerExtra`, as HTML.
    pub header_extra: String,
    /// `customHtml.footerExtra`, as HTML.
    pub footer_extra: String,
    /// Where the module is, with its version.
    pub script: String,
    /// Flatline's version.
    pub version: &'static str,
    /// The levels of uptime.
    #[serde(skip)]
    pub levels: Levels,
}

/// The picture beside the title.
#[derive(Debug, Serialize)]
pub struct LogoView {
    /// Its address. `None`: ours.
    pub url: Option<String>,
    /// What stands for it.
    pub alt: String,
}

/// A link.
#[derive(Debug, Serialize)]
pub struct LinkView {
    /// What it says.
    pub text: String,
    /// Where it leads.
    pub url: String,
    /// Whether it is a button.
    pub highlight: bool,
}

impl Look {
    /// The look of this configuration. `script` is where the module is.
    pub fn of(config: &Config, script: String) -> Self {
        let dashboard = &config.dashboard;
        let levels = Levels::of(&config.settings);
        let header = html::move_styles(&dashboard.custom_html.header_extra, 0);
        let footer = html::move_styles(&dashboard.custom_html.footer_extra, 1_000);
        let css = sheet::sheet(config, &levels, &format!("{}{}", header.css, footer.css));
        Self {
            css,
            theme_script: dashboard.theme.show_toggle.then_some(THEME_SCRIPT),
            theme: match dashboard.theme.default_mode {
                ThemeMode::Auto => None,
                ThemeMode::Light => Some("light"),
                ThemeMode::Dark => Some("dark"),
            },
            title: dashboard.header.title.clone(),
            subtitle: dashboard.header.subtitle.clone(),
            logo: logo(&dashboard.header),
            links: links(&dashboard.header.links),
            page_title: dashboard.branding.page_title.clone(),
            favicon: dashboard.branding.favicon.clone(),
            footer_text: dashboard.footer.text.clone(),
            footer_links: links(&dashboard.footer.links),
            header_extra: header.html,
            footer_extra: footer.html,
            script,
            version: env!("CARGO_PKG_VERSION"),
            levels,
        }
    }

    /// What pages may load and run: this sheet, this module and pictures.
    pub fn content_security_policy(&self) -> String {
        let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
        let script = self.theme_script.map(|text| format!(" {}", hash(text))).unwrap_or_default();
        format!(
            "default-src 'none'; script-src 'self'{script}; style-src {}; connect-src 'self'; \
             img-src 'self' https: data:; base-uri 'none'; form-action 'self'; \
             frame-ancestors 'none'",
            hash(&self.css)
        )
    }
}

fn logo(header: &Header) -> Option<LogoView> {
    header.show_logo.then(|| match &header.logo {
        Some(logo) => LogoView { url: Some(logo.url.clone()), alt: logo.alt.clone() },
        None => LogoView { url: None, alt: String::new() },
    })
}

fn links(links: &[Link]) -> Vec<LinkView> {
    let view = |link: &Link| LinkView {
        text: link.text.clone(),
        url: link.url.clone(),
        highlight: link.highlight,
    };
    links.iter().map(view).collect()
}
