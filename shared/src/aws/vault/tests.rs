use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::post;
use tokio::net::TcpListener;

use super::*;

fn vault() -> Vault {
    vault_at("")
}

/// One whose Parameter Store is elsewhere.
fn vault_at(url: &str) -> Vault {
    let env = [
        ("FLATLINE_SSM_URL", url),
        ("FLATLINE_SECRETS_PATH", "/flatline/prod/ingest/"),
        ("AWS_REGION", "cn-north-1"),
        ("AWS_ACCESS_KEY_ID", "id"),
        ("AWS_SECRET_ACCESS_KEY", "key"),
    ];
    let owned = env.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Vault::from_env(&Env::of(owned)).unwrap().unwrap()
}

fn put_together(found: &[(&str, &str)]) -> Result<Vec<(String, String)>, VaultError> {
    let parameter = |(name, value): &(&str, &str)| Parameter {
        name: format!("/flatline/prod/ingest/{name}"),
        value: (*value).to_owned(),
        version: Some(1),
        modified: None,
    };
    let secrets = vault().put_together(found.iter().map(parameter).collect())?;
    let told = |(name, secret): (String, Secret)| (name, secret.expose().to_owned());
    Ok(secrets.into_iter().map(told).collect())
}

#[test]
fn names_and_pieces_become_variables() {
    for (sentence, found, told) in [
        ("nothing is nothing", &[][..], &[][..]),
        ("a secret keeps its name", &[("ALERT_API_KEY", "k")], &[("ALERT_API_KEY", "k")]),
        (
            "pieces are one",
            &[("API_KEYS/1", r#"{"a":"1"}"#), ("API_KEYS/2", r#"{"b":["2"]}"#)],
            &[("API_KEYS", r#"{"a":"1","b":["2"]}"#)],
        ),
    ] {
        let told: Vec<_> =
            told.iter().map(|(n, v): &(&str, &str)| (n.to_string(), v.to_string())).collect();
        assert_eq!(put_together(found).unwrap(), told, "{sentence}");
    }
}

#[test]
fn a_piece_that_is_no_object_is_named_and_not_shown() {
    let error = put_together(&[("API_KEYS/2", "secret")]).unwrap_err().to_string();
    assert_eq!(
        error,
        "/flatline/prod/ingest/API_KEYS/2 is no JSON object, as a piece of API_KEYS must be"
    );
}

#[test]
fn without_a_path_there_is_none_and_without_a_region_it_is_refused() {
    assert!(Vault::from_env(&Env::default()).unwrap().is_none());
    let env = Env::default().with("FLATLINE_SECRETS_PATH", "/flatline/prod/ingest");
    let refused = Vault::from_env(&env).unwrap_err().to_string();
    assert!(refused.contains("AWS_REGION"), "{refused}");
    assert_eq!(vault().url, "https://ssm.cn-north-1.amazonaws.com.cn/");
    assert_eq!(vault().path(), "/flatline/prod/ingest");
}

const NOW: UnixMs = UnixMs(1_790_000_000_000);

/// A Parameter Store that gives these answers, in order, and keeps what it was asked.
async fn store(answers: Vec<(u16, Value)>) -> (Vault, Arc<Mutex<Vec<(HeaderMap, Value)>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (seen, answers) = (asked.clone(), Arc::new(Mutex::new(answers.into_iter())));
    let answer = async move |headers: HeaderMap, body: Bytes| {
        seen.lock().unwrap().push((headers, serde_json::from_slice(&body).unwrap()));
        let (status, body) = answers.lock().unwrap().next().expect("one question more");
        (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let router = Router::new().route("/", post(answer));
    tokio::spawn(async { axum::serve(listener, router).await });
    (vault_at(&url), asked)
}

/// A page with one parameter.
fn page(name: &str, value: &str, version: &Value, modified: &Value, next: &Value) -> (u16, Value) {
    let parameter = json!({
        "Name": format!("/flatline/prod/ingest/{name}"),
        "Value": value,
        "Version": version,
        "LastModifiedDate": modified,
    });
    (200, json!({"Parameters": [parameter], "NextToken": next}))
}

fn told(reading: &Reading, name: &str) -> String {
    reading.secrets[name].expose().to_owned()
}

#[tokio::test]
async fn every_page_is_read_and_the_requests_are_signed() {
    let pages = vec![
        page("API_KEYS/1", r#"{"a":"1"}"#, &json!(1), &json!(5.5), &json!("more")),
        page("API_KEYS/2", r#"{"b":"2"}"#, &json!(1), &json!(5.5), &json!(null)),
    ];
    let (vault, asked) = store(pages).await;
    let reading = vault.renew(&Reading::default(), NOW).await.unwrap();
    assert_eq!(told(&reading, "API_KEYS"), r#"{"a":"1","b":"2"}"#);
    let asked = asked.lock().unwrap();
    let first = json!({"Path": "/flatline/prod/ingest", "Recursive": true, "WithDecryption": true});
    assert_eq!(asked[0].1, first);
    assert_eq!(asked[1].1["NextToken"], "more");
    for (headers, _) in asked.iter() {
        assert_eq!(headers["x-amz-target"], "AmazonSSM.GetParametersByPath");
        let signature = headers["authorization"].to_str().unwrap();
        assert!(signature.contains("/cn-north-1/ssm/aws4_request"), "{signature}");
    }
}

#[tokio::test]
async fn secrets_are_decrypted_again_only_if_one_has_changed() {
    for (sentence, version, modified, is_read) in [
        ("the same", json!(3), json!(5.5), false),
        ("written again", json!(4), json!(6.5), true),
        ("deleted and made again up to that version", json!(3), json!(6.5), true),
        ("a store that tells no versions", json!(null), json!(5.5), true),
    ] {
        let first = page("ALERT_API_KEY", "old", &version, &json!(5.5), &json!(null));
        let first = if version.is_null() {
            first
        } else {
            page("ALERT_API_KEY", "old", &json!(3), &json!(5.5), &json!(null))
        };
        let look = page("ALERT_API_KEY", "encrypted", &version, &modified, &json!(null));
        let second = page("ALERT_API_KEY", "new", &version, &modified, &json!(null));
        let (vault, asked) = store(vec![first, look, second]).await;
        let known = vault.renew(&Reading::default(), NOW).await.unwrap();
        let newer = vault.renew(&known, NOW).await.unwrap();
        let wanted = if is_read { "new" } else { "old" };
        assert_eq!(told(&newer, "ALERT_API_KEY"), wanted, "{sentence}");
        let asked = asked.lock().unwrap();
        let decrypts: Vec<_> =
            asked.iter().map(|(_, body)| body["WithDecryption"] == true).collect();
        assert_eq!(
            decrypts,
            [&[true, false][..], &[true][..usize::from(is_read)]].concat(),
            "{sentence}"
        );
    }
}

#[tokio::test]
async fn a_parameter_more_or_less_is_a_change() {
    let one = || page("READ_API_KEY", "key", &json!(1), &json!(1), &json!(null));
    let none = (200, json!({"Parameters": []}));
    let (vault, _) = store(vec![one(), none.clone(), none]).await;
    let known = vault.renew(&Reading::default(), NOW).await.unwrap();
    let newer = vault.renew(&known, NOW).await.unwrap();
    assert!(newer.secrets.is_empty(), "the only one was removed");
}

#[tokio::test]
async fn a_refusal_says_where_and_why_and_not_more_than_that() {
    let why = format!("AccessDenied {}", "\u{e9}".repeat(300));
    let (vault, _) = store(vec![(400, json!(why))]).await;
    let error = vault.renew(&Reading::default(), NOW).await.unwrap_err().to_string();
    let begin = "the secrets under /flatline/prod/ingest cannot be read: 400 \"AccessDenied ";
    assert!(error.starts_with(begin) && error.len() < begin.len() + TOLD_BYTES, "{error}");
}

#[tokio::test]
async fn an_answer_that_is_no_answer_and_none_at_all_are_told() {
    let (vault, _) = store(vec![(200, json!([1]))]).await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for vault in [vault, vault_at(&format!("http://{free}/"))] {
        let error = vault.renew(&Reading::default(), NOW).await.unwrap_err();
        assert!(matches!(error, VaultError::Unreachable { .. }), "{error}");
        assert!(!error.to_string().contains("http://"), "{error}");
    }
}
