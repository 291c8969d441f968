//! `GET /feed.atom?group=&service=`: what changed, for readers of feeds (RFC 4287).

use std::fmt::Write;
use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use flatline_domain::UnixMs;
use flatline_shared::app::App;
use flatline_shared::config::{Config, Group};
use flatline_shared::http::{ApiError, Reader};
use flatline_shared::render::text::{clip, xml};
use flatline_shared::render::time::rfc3339;
use flatline_shared::store::FeedEntry;
use http::{HeaderMap, header};
use sha2::{Digest, Sha256};

use crate::cache::Wish;
use crate::feed::{OURSELVES, Search};
use crate::origin::base_url;
use crate::page::address;
use crate::query::{MAX_LIMIT, Query};
use crate::reading::unavailable;
use crate::site::Site;
use crate::tag::{Tag, not_modified};

/// Entries of a feed at most.
const SHOWN: usize = 100;

/// Characters of a title at most.
const TITLE_CHARACTERS: usize = 200;

/// Whose entries are wanted.
#[derive(Clone, Copy, Debug)]
enum Whose<'a> {
    /// All, of other tools as well.
    Anybody,
    /// Those of a group's services.
    Group(&'a Group),
    /// Those of one service: its id and its name.
    Service(&'a str, &'a str),
}

impl<'a> Whose<'a> {
    fn of(query: &Query, config: &'a Config) -> Result<Self, ApiError> {
        if let Some(id) = query.get("service") {
            let service = config.service(id).ok_or(ApiError::UnknownService)?;
            return Ok(Self::Service(&service.spec.id, &service.spec.name));
        }
        let Some(id) = query.get("group") else { return Ok(Self::Anybody) };
        let group = config.groups.iter().find(|group| group.id == id);
        group.map(Self::Group).ok_or(ApiError::UnknownGroup)
    }

    fn has(self, entry: &FeedEntry) -> bool {
        let is = |id: &str| entry.service_id.as_deref() == Some(id);
        match self {
            Self::Anybody => true,
            Self::Group(group) => group.services.iter().any(|id| is(id)),
            Self::Service(id, _) => is(id),
        }
    }

    /// What it is called beside the title of the page.
    fn name(self) -> Option<&'a str> {
        match self {
            Self::Anybody => None,
            Self::Group(group) => Some(&group.name),
            Self::Service(_, name) => Some(name),
        }
    }

    /// Its own query.
    fn query(self) -> String {
        match self {
            Self::Anybody => String::new(),
            Self::Group(group) => format!("?group={}", address::value(&group.id)),
            Self::Service(id, _) => format!("?service={}", address::value(id)),
        }
    }

    /// The page that shows the same to people.
    fn page(self) -> String {
        match self {
            Self::Service(id, _) => address::service(id),
            Self::Anybody | Self::Group(_) => "alerts".to_owned(),
        }
    }
}

/// Everything that a feed is made of.
struct Feed<'a> {
    entries: Vec<FeedEntry>,
    whose: Whose<'a>,
    title: &'a str,
    base: &'a str,
    /// Tells the identities of this Flatline from those of others.
    created: UnixMs,
}

impl Feed<'_> {
    /// The feed as XML. Texts are text, whatever is in them.
    fn xml(&self) -> String {
        let Self { whose, title, base, .. } = *self;
        let title =
            whose.name().map_or_else(|| title.to_owned(), |name| format!("{name}, {title}"));
        // A feed without entries has not changed since there is a table.
        let updated = self.entries.first().map_or(self.created, |entry| entry.at);
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
             <feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\n\
             <id>{}</id>\n<title>{}</title>\n<updated>{}</updated>\n\
             <link rel=\"self\" type=\"application/atom+xml\" href=\"{}\"/>\n\
             <link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n\
             <author><name>{}</name></author>\n\
             <generator version=\"{}\">Flatline</generator>\n",
            self.identity(&format!("feed{}", whose.query())),
            xml(&clip(&title, TITLE_CHARACTERS)),
            rfc3339(updated),
            xml(&format!("{base}/feed.atom{}", whose.query())),
            xml(&format!("{base}/{}", whose.page())),
            xml(&clip(self.title, TITLE_CHARACTERS)),
            env!("CARGO_PKG_VERSION"),
        );
        self.entries.iter().for_each(|entry| self.entry(&mut out, entry));
        out + "</feed>\n"
    }

    fn entry(&self, out: &mut String, entry: &FeedEntry) {
        let place = entry.service_id.as_deref().map_or("alerts".to_owned(), address::service);
        let title = match clip(&entry.title, TITLE_CHARACTERS) {
            empty if empty.is_empty() => "Alert".to_owned(),
            title => title,
        };
        let at = rfc3339(entry.at);
        let _ = write!(
            out,
            "<entry>\n<id>{}</id>\n<title>{}</title>\n<updated>{at}</updated>\n\
             <published>{at}</published>\n\
             <link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n\
             <category term=\"{}\"/>\n<content type=\"text\">{}</content>\n",
            self.identity(&format!("entry {} {}", entry.at.0, entry.id)),
            xml(&title),
            xml(&format!("{}/{place}", self.base)),
            xml(&clip(&entry.severity.to_lowercase(), TITLE_CHARACTERS)),
            xml(&entry.message),
        );
        if entry.source != OURSELVES && !entry.source.trim().is_empty() {
            let source = xml(&clip(&entry.source, TITLE_CHARACTERS));
            let _ = writeln!(out, "<author><name>{source}</name></author>");
        }
        out.push_str("</entry>\n");
    }

    /// A UUID of version 8 (RFC 9562) that is the same wherever the feed is read.
    fn identity(&self, of: &str) -> String {
        let hash = Sha256::digest(format!("flatline {} {of}", self.created.0));
        let mut bytes = *hash.first_chunk::<16>().expect("a SHA-256 hash has 32 bytes");
        bytes[6] = bytes[6] & 0x0f | 0x80;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex = bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
        format!("urn:uuid:{}", parts.join("-"))
    }
}

/// The handler.
pub async fn atom(
    site: Arc<Site>,
    State(app): State<App>,
    reader: Reader,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let whose = Whose::of(&query, &app.config)?;
    let news = site.news(&app, Wish::Lately).await;
    let news = news.as_ref().as_ref().map_err(unavailable)?;
    let at_once = MAX_LIMIT;
    let search = Search { enough: SHOWN, at_once, matches: |entry: &FeedEntry| whose.has(entry) };
    let found = search.among(news, &app).await?;
    let feed = Feed {
        entries: found.entries,
        whose,
        title: &site.look.title,
        base: &base_url(&app.config, &headers),
        created: app.store.created(),
    };
    let xml = feed.xml();
    let tag = Tag::of(&xml);
    let answer = if tag.is_known(&headers) {
        not_modified()
    } else {
        ([(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")], xml).into_response()
    };
    Ok(tag.on(answer, reader.caching()))
}
