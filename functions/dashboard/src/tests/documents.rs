//! What docs/api.md shows is what is answered.

use serde_json::{Map, Value};

use super::reads::bench;

const PAGE: &str = include_str!("../../../../docs/api.md");

/// The sample below a heading.
fn sample(heading: &str) -> Value {
    let (_, section) = PAGE.split_once(&format!("\n## {heading}\n")).unwrap();
    let (_, rest) = section.split_once("```json\n").unwrap();
    serde_json::from_str(rest.split_once("```").unwrap().0).unwrap()
}

#[tokio::test]
async fn the_samples_are_answers() {
    let bench = bench().await;
    for (heading, path) in [
        ("GET /api/status", "/api/status"),
        ("GET /api/uptime", "/api/uptime?serviceId=api"),
        ("GET /api/services", "/api/services"),
        ("GET /api/logs", "/api/logs?serviceId=api&limit=2"),
        ("GET /api/alerts/recent", "/api/alerts/recent?limit=1"),
        ("GET /health", "/health"),
        ("Errors", "/api/uptime?serviceId=nope"),
    ] {
        let (_, mut answer) = bench.json_with(path, "Bearer read-key").await;
        match heading {
            // The page shows today, and one service.
            "GET /api/uptime" => answer["days"] = answer["days"].as_array().unwrap()[119..].into(),
            "GET /api/services" => drop(answer.as_array_mut().unwrap().drain(1..)),
            "GET /api/status" => {
                let summary = answer["summary"].as_object_mut().unwrap();
                only_the_first_service(summary);
            }
            _ => {}
        }
        assert_eq!(answer, sample(heading), "{heading}");
    }
}

fn only_the_first_service(summary: &mut Map<String, Value>) {
    summary["results"].as_array_mut().unwrap().truncate(1);
    summary["totalServices"] = 1.into();
    summary["servicesUnknown"] = 0.into();
}
