//! An export that one answer cannot have.

use http::{Request, StatusCode, header};

use super::Bench;
use crate::fixture::{config, service};

#[tokio::test]
async fn a_long_export_is_a_page_of_its_parts_for_a_browser_without_the_module() {
    let services = (0..400).map(|n| service(&format!("s{n}"), "A service")).collect();
    let bench = Bench::of(config(services, &[])).await;
    let as_page = |path: &str| Request::get(path).header(header::ACCEPT, "text/html,*/*;q=0.8");
    let (status, headers, html) = bench.answer(as_page("/api/export.csv?days=all&from=&to=")).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
    let hrefs = html.split("<a href=\"?").skip(1).filter_map(|rest| rest.split_once('"'));
    let hrefs: Vec<_> = hrefs.map(|(href, _)| href.replace("&amp;", "&")).collect();
    assert!(hrefs.len() > 1, "{html}");
    let mut lines = 0;
    for href in hrefs {
        let (_, _, csv) = bench.answer(as_page(&format!("/api/export.csv?{href}"))).await;
        assert!(csv.starts_with("Date,"), "{csv}");
        lines += csv.matches("\r\n").count() - 1;
    }
    assert_eq!(lines, 400 * 120, "together they are all of it");
    for (path, accepted) in [("/api/export.csv?days=7", "text/html"), ("/api/export.csv", "*/*")] {
        let request = Request::get(path).header(header::ACCEPT, accepted);
        let (_, headers, _) = bench.answer(request).await;
        assert_eq!(headers[header::CONTENT_TYPE], "text/csv; charset=utf-8", "{path}");
    }
}
