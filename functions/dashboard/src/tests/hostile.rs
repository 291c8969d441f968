//! Whatever stands in names and texts stays text: pages are read back with the parser of browsers.

use flatline_domain::{ServiceRecord, Status};
use flatline_shared::config::Config;
use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

use crate::banner::Vigil;
use crate::board::Board;
use crate::fixture::{DAY_MS, NOW, record, swept};
use crate::look::Look;
use crate::page::{Filter, Page, Sources};
use crate::reading::Past;
use crate::sign_in::Session;
use crate::template::Templates;

mod everywhere;

/// What breaks out of text, attributes, scripts, styles, comments, titles and templates.
pub const PIECES: [&str; 26] = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "'><svg onload=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' onmouseover='alert(1)",
    " onmouseover=alert(1) ",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "--><script>alert(1)</script>",
    "<!--",
    "]]><script>alert(1)</script>",
    "javascript:alert(1)",
    "{{ 1 + 1 }}",
    "{% raw %}<b>",
    "{{ x | safe }}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;",
    "<a href=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<form action=//evil.example><input name=q>",
    "<style>*{display:none}</style>",
    "<math><mtext><table><mglyph><style><img src onerror=alert(1)>",
];

/// Around each piece, so that there are more than a hundred.
pub const FRAMES: [(&str, &str); 4] =
    [("", ""), ("x\"'`", ""), ("</a></li></ul>", "<"), ("\u{202e}", "\u{0}")];

/// Every element in order, with its attributes' names.
fn shape(html: &str) -> Vec<String> {
    fn walk(node: &Handle, shape: &mut Vec<String>) {
        if let NodeData::Element { name, attrs, .. } = &node.data {
            let mut line = name.local.to_string();
            for attribute in attrs.borrow().iter() {
                line.push(' ');
                line.push_str(&attribute.name.local);
                let is_address = ["href", "src", "action"].contains(&&*attribute.name.local);
                let runs = attribute.value.trim_start().starts_with("javascript:");
                assert!(!(is_address && runs), "{line}: {}", attribute.value);
            }
            shape.push(line);
        }
        node.children.borrow().iter().for_each(|child| walk(child, shape));
    }
    let dom = parse_document(RcDom::default(), ParseOpts::default()).one(html);
    let mut found = Vec::new();
    walk(&dom.document, &mut found);
    found
}

/// What of a text may be an id.
fn id(text: &str) -> String {
    let id = text.replace(['#', '\u{0}'], "");
    id.chars().filter(|one| !one.is_control()).take(60).collect()
}

/// Two services and more that are like the second, a group, a page and levels where every text is
/// `text`, ids included.
fn config(text: &str, more: usize) -> Config {
    let (id, name) = (id(text), serde_json::json!(text));
    let others = (0..more).map(|n| serde_json::json!({ "id": format!("c{n}{id}"), "name": name }));
    let first = serde_json::json!({ "id": format!("a{id}"), "name": name, "description": name });
    let second = serde_json::json!({ "id": format!("b{id}"), "name": name });
    let all: Vec<_> = [first, second].into_iter().chain(others).collect();
    let services = serde_json::json!({
        "groups": [{ "id": format!("g{id}"), "name": name, "services": [format!("a{id}")] }],
        "services": all,
    });
    let dashboard = serde_json::json!({
        "header": { "title": name, "subtitle": name, "links": [{ "text": name, "url": "/" }] },
        "branding": { "pageTitle": name },
        "footer": { "text": name, "links": [{ "text": name, "url": "/" }] },
    });
    let settings = serde_json::json!({
        "alertNotifications": { "localStorageKey": name, "severityFilter": [name] },
        "uptimeThresholds": [{ "name": name, "min": 0, "color": "#123456", "label": name }],
    });
    let files = [
        ("services.json", services.to_string()),
        ("dashboard.json", dashboard.to_string()),
        ("settings.json", settings.to_string()),
    ];
    let files = files.iter().map(|(name, text)| (*name, text.as_str()));
    let variables = [("DASHBOARD_PASSWORD", "a long password"), ("READ_API_KEY", "read-key")];
    crate::fixture::configured(files, &variables)
}

/// The page of these services.
fn page(text: &str, more: usize) -> String {
    let config = config(text, more);
    let records: Vec<ServiceRecord> = config
        .services
        .iter()
        .map(|service| record(service, Status::Down, DAY_MS, DAY_MS))
        .collect();
    let look = Look::of(&config, "app.js".to_owned());
    let swept = swept(records);
    let page = Page::of(&Sources {
        config: &config,
        look: &look,
        board: &Board::of(&config, &swept, NOW),
        read_at: NOW,
        past: Some(&Past::default()),
        vigil: Vigil { ticked_at: Some(NOW), ..Vigil::default() },
        filter: &Filter { status: "down".to_owned(), q: text.to_owned() },
        base_url: "http://127.0.0.1:8080",
    });
    Templates::new().render("page.html", &look, Session::None, &page).unwrap()
}

/// Every hostile text.
fn texts() -> impl Iterator<Item = String> {
    let framed = |piece| FRAMES.map(|(before, after)| format!("{before}{piece}{after}"));
    PIECES.into_iter().flat_map(framed)
}

#[test]
fn no_text_becomes_an_element_or_an_attribute() {
    let harmless = shape(&page("name", 0));
    assert!(harmless.len() > 80, "the parser saw the page: {}", harmless.len());
    let mut tried = 0;
    for text in texts() {
        assert_eq!(shape(&page(&text, 0)), harmless, "{text}");
        tried += 1;
    }
    assert!(tried > 100, "{tried}");
}

#[test]
fn nor_on_a_page_of_very_many_services() {
    let harmless = shape(&page("name", 500));
    assert!(harmless.len() > 1_500, "{}", harmless.len());
    for text in PIECES {
        assert_eq!(shape(&page(text, 500)), harmless, "{text}");
    }
}
