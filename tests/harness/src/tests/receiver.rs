use std::time::Duration;

use serde_json::json;

use crate::http_client;
use crate::receiver::{Receiver, Reply};

async fn post(receiver: &Receiver, path: &str, n: u32) -> Option<u16> {
    let request = http_client().post(format!("{}{path}", receiver.url()));
    let sent = request.header("x-n", n).json(&json!({"n": n})).send().await;
    sent.ok().map(|answer| answer.status().as_u16())
}

#[tokio::test]
async fn what_is_sent_is_remembered_with_headers_and_json() {
    let receiver = Receiver::start().await.unwrap();
    assert_eq!(post(&receiver, "/hook?a=b", 7).await, Some(200));
    let got = receiver.wait_for(|it| it.json["n"] == 7, 30_000).await.unwrap();
    assert_eq!((got.method.as_str(), got.path.as_str()), ("POST", "/hook?a=b"));
    assert_eq!(got.headers["x-n"], "7");
    assert_eq!(&got.body[..], br#"{"n":7}"#);
    assert!(got.at.0 > 1_700_000_000_000);
    receiver.clear();
    assert!(receiver.received().is_empty());
}

#[tokio::test]
async fn answers_follow_the_script_then_the_program() {
    let receiver = Receiver::start().await.unwrap();
    receiver.answer(Reply::status(204));
    receiver.answer_next([Reply::status(500), Reply::status(429).header("retry-after", "7")]);
    let mut told = Vec::new();
    for n in 0..3 {
        told.push(post(&receiver, "/", n).await);
    }
    assert_eq!(told, [Some(500), Some(429), Some(204)]);
    receiver.answer_with(|it| Reply::status(if it.path == "/bad" { 400 } else { 200 }));
    assert_eq!(post(&receiver, "/bad", 4).await, Some(400));
    assert_eq!(post(&receiver, "/good", 5).await, Some(200));
    assert_eq!(receiver.wait_for_count(5, 30_000).await.unwrap().len(), 5);
}

#[tokio::test]
async fn it_can_answer_late_never_or_by_hanging_up() {
    let receiver = Receiver::start().await.unwrap();
    receiver.answer_next([
        Reply::hang_up(),
        Reply::hang(),
        Reply::status(200).after(30).body("late"),
    ]);
    assert_eq!(post(&receiver, "/", 1).await, None);
    let hung = tokio::time::timeout(Duration::from_millis(200), post(&receiver, "/", 2)).await;
    assert!(hung.is_err());
    assert_eq!(post(&receiver, "/", 3).await, Some(200));
    assert_eq!(receiver.received().len(), 3);
}

#[tokio::test]
async fn it_can_break_off_and_answer_without_end() {
    let receiver = Receiver::start().await.unwrap();
    let post = async || http_client().post(receiver.url()).body("x").send().await;
    receiver.answer(Reply::reset());
    let broken = format!("{:?}", post().await.unwrap_err());
    assert!(broken.contains("ConnectionReset"), "{broken}");
    for (reply, bytes) in [(Reply::trickle(), 3), (Reply::flood(), 1_000_000)] {
        receiver.answer(reply);
        let mut answer = post().await.unwrap();
        let mut read = 0;
        while read < bytes {
            read += answer.chunk().await.unwrap().unwrap().len();
        }
    }
}

#[tokio::test]
async fn waiting_ends_with_what_comes_or_tells_what_came_instead() {
    let receiver = Receiver::start().await.unwrap();
    let (found, sent) = tokio::join!(receiver.wait_for(|it| it.json["n"] == 2, 30_000), async {
        (post(&receiver, "/", 1).await, post(&receiver, "/", 2).await)
    });
    assert_eq!(found.unwrap().json["n"], 2);
    assert_eq!(sent, (Some(200), Some(200)));
    let missing = receiver.wait_for(|it| it.json["n"] == 3, 10).await.unwrap_err();
    assert_eq!(missing.came.len(), 2);
    assert!(receiver.wait_for_count(3, 10).await.is_err());
}

#[tokio::test]
async fn over_tls_only_those_who_trust_it_get_through() {
    let receiver = Receiver::start_tls().await.unwrap();
    assert!(receiver.url().starts_with("https://127.0.0.1:"));
    assert_eq!(post(&receiver, "/", 1).await, None);
    let pem = receiver.certificate_pem().unwrap();
    let trusted = reqwest::Certificate::from_pem(pem.as_bytes()).unwrap();
    http_client();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([trusted]).build().unwrap();
    let answer = client.post(receiver.url()).body("x").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(receiver.received().len(), 1);
}
