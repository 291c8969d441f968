//! Senders that cannot carry a key: what they sign is taken, and nothing else.

use std::sync::{Arc, Mutex};

use axum::body::Body;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use flatline_domain::UnixMs;
use flatline_harness::clock::VirtualClock;
use flatline_shared::notify::{Answer, BoxFuture, Outgoing, SendError, Transport};
use http::{HeaderMap, Request};
use rcgen::{CertificateParams, KeyPair};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::fixture::{Fixture, answer_of};

/// Made for these tests and used nowhere else.
const KEY: &str = include_str!("senders/key.pem");
/// `openssl dgst -sha1 -sign` of what a notification signs: ring does not sign with SHA-1.
const SHA1_SIGNATURE: &str = include_str!("senders/notification.sha1");

const TOPIC: &str = "arn:aws:sns:eu-west-2:123456789012:ops";
const CERTIFICATE: &str =
    "https://sns.eu-west-2.amazonaws.com/SimpleNotificationService-0123456789.pem";
const SUBSCRIBE: &str = "https://sns.eu-west-2.amazonaws.com/?Action=ConfirmSubscription&Token=1";

/// 2026-11-22T12:00:52Z, when the notification was published.
const SENT_AT: UnixMs = UnixMs(1_795_348_852_000);
/// What is signed counts for this long.
const SIGNED_FOR_MS: i64 = 90 * 60_000;

/// Amazon, which serves the certificate and confirms subscriptions; it keeps what was visited.
#[derive(Clone, Default)]
struct Amazon {
    visited: Arc<Mutex<Vec<String>>>,
    is_down: bool,
}

impl Amazon {
    fn visited(&self) -> Vec<String> {
        self.visited.lock().unwrap().clone()
    }
}

impl Transport for Amazon {
    fn send(&self, request: Outgoing) -> BoxFuture<Result<Answer, SendError>> {
        let url = request.http().unwrap().url.to_string();
        self.visited.lock().unwrap().push(url);
        let status = if self.is_down { 500 } else { 200 };
        let key = KeyPair::from_pem(KEY).unwrap();
        let params = CertificateParams::new(["sns.amazonaws.com".to_owned()]).unwrap();
        let body = Bytes::from(params.self_signed(&key).unwrap().pem());
        Box::pin(std::future::ready(Ok(Answer { status, headers: HeaderMap::new(), body })))
    }
}

async fn subscribed(amazon: &Amazon) -> Fixture {
    let mut fixture = Fixture::with_variables(&[("ALERT_SNS_TOPICS", TOPIC)]).await;
    fixture.app.transport = Arc::new(amazon.clone());
    fixture.at(VirtualClock::starting(SENT_AT.plus_ms(2_000)))
}

/// As SNS sends it: no key, a Content-Type of text.
async fn send(fixture: &Fixture, body: &Value) -> (u16, Value) {
    let request = Request::post("/api/alert").header("content-type", "text/plain; charset=UTF-8");
    answer_of(&fixture.app, request.body(Body::from(body.to_string())).unwrap()).await
}

fn notification() -> Value {
    json!({
        "Type": "Notification", "MessageId": "m-1", "TopicArn": TOPIC, "Subject": "Disk",
        "Message": "Disk full", "Timestamp": "2026-11-22T12:00:52.000Z", "SignatureVersion": "1",
        "Signature": SHA1_SIGNATURE.trim(), "SigningCertURL": CERTIFICATE,
    })
}

fn subscription() -> Value {
    let mut body = notification();
    body["Type"] = json!("SubscriptionConfirmation");
    body["Token"] = json!("1");
    body["SubscribeURL"] = json!(SUBSCRIBE);
    body.as_object_mut().unwrap().remove("Subject");
    body
}

/// Signs with SHA-256, whatever the body says.
fn signed(mut body: Value) -> Value {
    let mut names = vec!["Message", "MessageId", "Subject", "SubscribeURL", "Timestamp", "Token"];
    names.extend(["TopicArn", "Type"]);
    let line = |name: &&str| Some(format!("{name}\n{}\n", body[*name].as_str()?));
    let text: String = names.iter().filter_map(line).collect();
    let key = RsaKeyPair::from_pkcs8(KeyPair::from_pem(KEY).unwrap().serialized_der()).unwrap();
    let mut signature = vec![0; key.public().modulus_len()];
    let random = SystemRandom::new();
    key.sign(&RSA_PKCS1_SHA256, &random, text.as_bytes(), &mut signature).unwrap();
    body["SignatureVersion"] = json!("2");
    body["Signature"] = json!(BASE64_STANDARD.encode(signature));
    body
}

#[tokio::test(start_paused = true)]
async fn what_amazon_signed_is_taken_and_its_certificate_is_fetched_once() {
    let amazon = Amazon::default();
    let fixture = subscribed(&amazon).await;
    let router = crate::router(fixture.app.clone());
    let mut other = notification();
    other["Message"] = json!("Disk empty again");
    for body in [notification(), signed(other)] {
        let request = Request::post("/api/alert").body(Body::from(body.to_string())).unwrap();
        assert_eq!(router.clone().oneshot(request).await.unwrap().status(), 200, "{body}");
    }
    assert_eq!(fixture.shown().await, ["Disk", "Disk"]);
    assert_eq!(amazon.visited(), [CERTIFICATE]);
}

#[tokio::test(start_paused = true)]
async fn what_somebody_else_sends_is_refused_and_not_stored() {
    let with = |name: &str, value: &str| {
        let mut body = notification();
        body[name] = json!(value);
        body
    };
    let elsewhere = "https://sns.evil.example/SimpleNotificationService-0123456789.pem";
    for (sentence, body, visits) in [
        ("the text was changed", with("Message", "Disk empty"), 1),
        ("the subject was changed", with("Subject", "x"), 1),
        ("the signature is of the other kind", with("SignatureVersion", "2"), 1),
        ("the signature is of no kind", with("SignatureVersion", "3"), 1),
        ("the signature is none", with("Signature", "!"), 1),
        ("another topic", signed(with("TopicArn", &TOPIC.replace("ops", "other"))), 0),
        (
            "a good signature, but its certificate is elsewhere",
            signed(with("SigningCertURL", elsewhere)),
            0,
        ),
        ("by plain http", signed(with("SigningCertURL", &CERTIFICATE.replace("https", "http"))), 0),
    ] {
        let amazon = Amazon::default();
        let fixture = subscribed(&amazon).await;
        let (status, answer) = send(&fixture, &body).await;
        assert_eq!((status, &answer["code"]), (401, &json!("unauthorized")), "{sentence}");
        assert!(fixture.shown().await.is_empty(), "{sentence}");
        assert_eq!(amazon.visited().len(), visits, "{sentence}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_subscription_is_confirmed_at_amazon_only() {
    let amazon = Amazon::default();
    let fixture = subscribed(&amazon).await;
    let (status, answer) = send(&fixture, &signed(subscription())).await;
    assert_eq!((status, &answer["alerts"]), (200, &json!(0)), "{answer}");
    assert_eq!(amazon.visited(), [CERTIFICATE, SUBSCRIBE]);
    assert!(fixture.shown().await.is_empty());

    let amazon = Amazon::default();
    let mut body = subscription();
    body["SubscribeURL"] = json!("https://169.254.169.254/latest/meta-data");
    let (status, _) = send(&subscribed(&amazon).await, &signed(body)).await;
    assert_eq!((status, amazon.visited().len()), (401, 1), "only the certificate is fetched");

    let amazon = Amazon::default();
    let (status, _) = send(&subscribed(&amazon).await, &subscription()).await;
    assert_eq!((status, amazon.visited().len()), (401, 1), "it is not signed");
}

#[tokio::test(start_paused = true)]
async fn where_amazon_cannot_be_asked_it_is_asked_to_try_again() {
    let amazon = Amazon { is_down: true, ..Amazon::default() };
    let fixture = subscribed(&amazon).await;
    let (status, answer) = send(&fixture, &notification()).await;
    assert_eq!((status, &answer["code"]), (503, &json!("out-of-reach")));
    assert!(fixture.shown().await.is_empty());
    let without = Fixture::new().await;
    let (status, answer) = send(&without, &notification()).await;
    assert_eq!((status, &answer["code"]), (503, &json!("not-configured")), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn what_amazon_signed_long_ago_is_refused() {
    for (sentence, after_ms, expected) in [
        ("at once", 0, 200),
        ("after all the tries that SNS makes", SIGNED_FOR_MS, 200),
        ("later than SNS ever tries", SIGNED_FOR_MS + 1, 401),
        ("a year later", 365 * 86_400_000, 401),
        ("our clock is behind", -86_400_000, 200),
    ] {
        let fixture = subscribed(&Amazon::default()).await;
        let fixture = fixture.at(VirtualClock::starting(SENT_AT.plus_ms(after_ms)));
        let (status, answer) = send(&fixture, &notification()).await;
        assert_eq!(status, expected, "{sentence}: {answer}");
        assert_eq!(fixture.shown().await.len(), usize::from(expected == 200), "{sentence}");
    }
    let mut body = notification();
    body["Timestamp"] = json!("yesterday");
    let (status, _) = send(&subscribed(&Amazon::default()).await, &signed(body)).await;
    assert_eq!(status, 401, "nobody knows when it was sent");
}

fn sentry(signature: &str, authorization: &str, sent_s: &str, body: &str) -> Request<Body> {
    let request = Request::post("/api/alert").header("sentry-hook-resource", "event_alert");
    let request = request.header("sentry-hook-signature", signature);
    let request = request.header("sentry-hook-timestamp", sent_s);
    request.header("authorization", authorization).body(Body::from(body.to_owned())).unwrap()
}

#[tokio::test(start_paused = true)]
async fn sentry_signs_the_body_where_a_secret_is_shared() {
    // `openssl dgst -sha256 -hmac shared` of the body as it stands here, blanks and all.
    let body = r#"{"action": "triggered",  "data": {"event": {"title": "t"}}}"#;
    let right = "6c66c984f4bd94629b3ce6b076431035bf26c7fe84d0b08176f3ce28358bf8bf";
    let clock = VirtualClock::starting(SENT_AT);
    let with = Fixture::with_variables(&[("ALERT_SENTRY_SECRET", "shared")]).await;
    let with = with.at(clock.clone());
    let without = Fixture::new().await.at(clock);
    let now = "1795348852";
    for (sentence, fixture, signature, authorization, sent_s, expected) in [
        ("signed", &with, right, "", now, 200),
        ("a wrong signature", &with, &right[1..], "", now, 401),
        ("a wrong signature, but our key", &with, "00", "Bearer alert-secret", now, 401),
        ("no secret is shared: our key", &without, "00", "Bearer alert-secret", now, 200),
        ("no secret is shared: no key", &without, right, "", now, 401),
        ("sent 90 minutes ago", &with, right, "", "1795343452", 200),
        ("sent earlier", &with, right, "", "1795343451", 401),
        ("sent nobody knows when", &with, right, "", "then", 401),
        ("our key may be sent at any time", &without, "00", "Bearer alert-secret", "1", 200),
    ] {
        let request = sentry(signature, authorization, sent_s, body);
        let (status, answer) = answer_of(&fixture.app, request).await;
        assert_eq!(status, expected, "{sentence}: {answer}");
    }
    let changed = body.replace("\"t\"", "\"u\"");
    let (status, _) = answer_of(&with.app, sentry(right, "", now, &changed)).await;
    assert_eq!(status, 401, "the body was changed");
    assert_eq!(with.shown().await.len(), 1);
}
