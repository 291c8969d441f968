//! Against a real router.

use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;

/// Serves `/api/heartbeat` as ingest would and returns the base address.
async fn ingest() -> String {
    let heartbeat = |headers: HeaderMap, Json(body): Json<Value>| async move {
        let key = headers.get("authorization").and_then(|value| value.to_str().ok());
        if key != Some("Bearer canary-key") || body != json!({"serviceId": "#canary"}) {
            return (StatusCode::UNAUTHORIZED, Json(json!({"error": "no"})));
        }
        (StatusCode::OK, Json(json!({"success": true, "timestamp": "2026-11-22T10:52:21.683Z"})))
    };
    let odd = || async { Json(json!({"timestamp": "soon"})) };
    let router = Router::new()
        .route("/api/heartbeat", post(heartbeat))
        .route("/prefix/api/heartbeat", post(heartbeat))
        .route("/odd/api/heartbeat", post(odd));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    base
}

async fn proof(url: &str, key: &str) -> Result<UnixMs, String> {
    let canary = HttpCanary::new(url, Secret::new(key), &[]).unwrap();
    canary.prove().await.map_err(|error| error.to_string())
}

#[tokio::test]
async fn the_proof_is_the_instant_that_ingest_stored() {
    let base = ingest().await;
    let at = Ok(UnixMs(1_795_344_741_683));
    let rows = [
        (base.clone(), "the base address"),
        (format!("{base}/"), "with a slash"),
        (format!("{base}/api/heartbeat"), "the full address"),
        (format!("{base}/prefix"), "a base address with a path"),
    ];
    for (url, what) in rows {
        assert_eq!(proof(&url, "canary-key").await, at, "{what}");
    }
}

#[tokio::test]
async fn anything_else_proves_nothing() {
    let base = ingest().await;
    let wrong_key = proof(&base, "other").await.unwrap_err();
    assert_eq!(wrong_key, "ingest answered the canary with 401 Unauthorized");
    let odd = proof(&format!("{base}/odd"), "canary-key").await.unwrap_err();
    assert_eq!(odd, "ingest's answer to the canary has no readable timestamp");
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let nobody = proof(&format!("http://{free}"), "canary-key").await.unwrap_err();
    assert!(nobody.starts_with("connecting to 127.0.0.1 failed: "), "{nobody}");
}

#[test]
fn an_address_that_is_none_is_refused() {
    for url in ["", "status.example", "ftp://status.example", "file:///etc/passwd"] {
        let refused = HttpCanary::new(url, Secret::new("k"), &[]);
        assert!(matches!(refused, Err(CanaryError::Url)), "{url}");
    }
}
