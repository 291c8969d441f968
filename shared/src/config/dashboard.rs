//! `dashboard.json`: the page's texts, links, colours and additions.

use super::reader::Section;
use super::{
    Branding, CustomHtml, Dashboard, Footer, Header, Link, Logo, Palette, Theme, ThemeMode,
};

const MODES: [(&str, ThemeMode); 3] =
    [("auto", ThemeMode::Auto), ("light", ThemeMode::Light), ("dark", ThemeMode::Dark)];

/// Reads the file's keys.
pub(super) fn read(file: &mut Section<'_>) -> Dashboard {
    let header = read_header(file.section("header"));
    let branding = read_branding(file.section("branding"), &header.title);
    Dashboard {
        branding,
        theme: read_theme(file.section("theme")),
        footer: read_footer(file.section("footer")),
        custom_css: owned(file.text("customCss")).unwrap_or_default(),
        custom_html: read_custom_html(file.section("customHtml")),
        header,
    }
}

fn read_header(mut object: Section<'_>) -> Header {
    let standard = Header::default();
    let title = owned(object.text("title")).unwrap_or(standard.title);
    let alt = owned(object.text("logoAlt")).unwrap_or_else(|| title.clone());
    let header = Header {
        subtitle: owned(object.text("subtitle")),
        logo: owned(object.text("logoUrl")).map(|url| Logo { url, alt }),
        show_logo: object.flag("showLogo").unwrap_or(standard.show_logo),
        links: read_links(&mut object),
        title,
    };
    object.close();
    header
}

fn read_branding(mut object: Section<'_>, title: &str) -> Branding {
    let branding = Branding {
        page_title: owned(object.text("pageTitle")).unwrap_or_else(|| title.to_owned()),
        favicon: owned(object.text("favicon")),
        primary_color: owned(object.text("primaryColor")),
        accent_color: owned(object.text("accentColor")),
    };
    object.close();
    branding
}

fn read_theme(mut object: Section<'_>) -> Theme {
    let standard = Theme::default();
    let mut colors = object.section("colors");
    let theme = Theme {
        default_mode: object.word("defaultMode", &MODES).unwrap_or_default(),
        show_toggle: object.flag("showToggle").unwrap_or(standard.show_toggle),
        light: read_palette(colors.section("light")),
        dark: read_palette(colors.section("dark")),
    };
    colors.close();
    object.close();
    theme
}

fn read_palette(mut object: Section<'_>) -> Palette {
    let palette = Palette {
        primary: owned(object.text("primary")),
        secondary: owned(object.text("secondary")),
        text: owned(object.text("text")),
        text_secondary: owned(object.text("textSecondary")),
        border: owned(object.text("border")),
        status_up: owned(object.text("statusUp")),
        status_down: owned(object.text("statusDown")),
        status_degraded: owned(object.text("statusDegraded")),
    };
    object.close();
    palette
}

fn read_footer(mut object: Section<'_>) -> Footer {
    let footer = Footer { text: owned(object.text("text")), links: read_links(&mut object) };
    object.close();
    footer
}

fn read_custom_html(mut object: Section<'_>) -> CustomHtml {
    let html = CustomHtml {
        header_extra: owned(object.text("headerExtra")).unwrap_or_default(),
        footer_extra: owned(object.text("footerExtra")).unwrap_or_default(),
    };
    object.close();
    html
}

/// `links`, of header or footer.
fn read_links(object: &mut Section<'_>) -> Vec<Link> {
    let mut links = Vec::new();
    for mut link in object.sections("links") {
        let text = link.required_text("text");
        let url = link.required_text("url");
        let highlight = link.flag("highlight").unwrap_or(false);
        link.close();
        if let (Some(text), Some(url)) = (text, url) {
            links.push(Link { text: text.to_owned(), url: url.to_owned(), highlight });
        }
    }
    links
}

/// An empty text says as little as none.
fn owned(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}
