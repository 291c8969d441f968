//! What pages weigh, compressed, with all CSS and JavaScript in.

use axum::body::Body;
use axum::routing::get;
use flatline_domain::{Day, DayTotals, Days, Status};
use flatline_shared::store::{DaysByService, Swept};
use http::{Request, header};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::banner::Vigil;
use crate::board::Board;
use crate::fixture::{DAY_MS, MINUTE_MS, NOW, config, record, service};
use crate::look::Look;
use crate::page::{Filter, Page, Sources};
use crate::reading::Past;
use crate::sign_in::Session;
use crate::template::Templates;

/// Numbers that look drawn by chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

/// As many services: 5 % are not up, 2 % of the days were not wholly up.
fn page_of(count: usize) -> String {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let services: Vec<_> =
        (0..count).map(|n| service(&format!("svc-{n:05}"), &format!("Service {n:05}"))).collect();
    let mut swept = Swept::default();
    let mut days = DaysByService::new();
    for service in &services {
        let status = match chance.below(20) {
            0 => [Status::Down, Status::Degraded][chance.below(2) as usize],
            _ => Status::Up,
        };
        let beat_ago_ms = chance.below(4 * 60_000) as i64;
        let since_ago_ms = if status == Status::Up { 30 * DAY_MS } else { 40 * MINUTE_MS };
        let mut record = record(service, status, since_ago_ms, beat_ago_ms);
        record.configured_at = NOW.plus_ms(-200 * DAY_MS);
        swept.records.push(record);
        let mut bad = Days::new();
        for ago in 0..120 {
            if chance.below(50) == 0 {
                let down_ms = 1 + chance.below(20_000_000) as i64;
                bad.insert(Day(NOW.day().0 - ago), DayTotals { down_ms, ..DayTotals::default() });
            }
        }
        days.insert(service.spec.id.clone(), bad);
    }
    let config = config(services, &[]);
    let look = Look::of(&config, "app.js".to_owned());
    let page = Page::of(&Sources {
        config: &config,
        look: &look,
        board: &Board::of(&config, &swept, NOW),
        read_at: NOW,
        past: Some(&Past { days, ..Past::default() }),
        vigil: Vigil { ticked_at: Some(NOW), ..Vigil::default() },
        filter: &Filter::default(),
        base_url: "http://127.0.0.1:8080",
    });
    Templates::new().render("page.html", &look, Session::None, &page).unwrap()
}

/// Bytes of this text as it is sent.
async fn compressed(text: String) -> usize {
    let router = axum::Router::new()
        .route("/", get(move || async move { ([(header::CONTENT_TYPE, "text/html")], text) }))
        .layer(crate::compression());
    let request = Request::get("/").header(header::ACCEPT_ENCODING, "gzip");
    let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    response.into_body().collect().await.unwrap().to_bytes().len()
}

#[tokio::test]
async fn pages_are_as_light_as_promised() {
    let script = compressed(include_str!("../../templates/app.js").to_owned()).await;
    for (services, limit_kib, limit_elements) in
        [(10, 16, 2_000), (100, 25, 4_000), (10_000, 160, 60_000)]
    {
        let html = page_of(services);
        let elements = html.matches('<').count() - html.matches("</").count();
        let bytes = compressed(html).await + script;
        println!("{services} services: {bytes} bytes, {elements} elements");
        assert!(bytes <= limit_kib * 1_024, "{services} services: {bytes} bytes");
        assert!(elements <= limit_elements, "{services} services: {elements} elements");
    }
}
