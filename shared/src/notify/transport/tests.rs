//! Against real listeners.

use std::net::SocketAddr;
use std::time::Duration;

use http::{HeaderMap, Method};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

mod forbidden;

/// Accepts one connection, reads a request with its body, and answers with these bytes.
async fn receiver(answer: Vec<u8>) -> (SocketAddr, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"{\"a\":1}") {
            let mut chunk = [0; 4096];
            let read = stream.read(&mut chunk).await.unwrap();
            assert!(read > 0, "the request ended early");
            request.extend_from_slice(&chunk[..read]);
        }
        // A client that has read enough hangs up, so a failing write is no failure of the test.
        drop(stream.write_all(&answer).await);
        drop(stream.shutdown().await);
        String::from_utf8(request).unwrap()
    });
    (address, served)
}

fn outgoing(url: &str) -> Outgoing {
    let mut headers = HeaderMap::new();
    headers.insert("x-api-key", "k".parse().unwrap());
    Outgoing::Http(HttpRequest {
        method: Method::POST,
        url: url.parse().unwrap(),
        headers,
        body: Bytes::from_static(b"{\"a\":1}"),
    })
}

fn transport(allow_private: &[&str]) -> HttpTransport {
    let ranges: Vec<IpNet> = allow_private.iter().map(|range| range.parse().unwrap()).collect();
    HttpTransport::new(&ranges, REQUEST_TIMEOUT_MAX_MS).unwrap()
}

fn forbidden(result: Result<Answer, SendError>) -> String {
    match result {
        Err(SendError::Forbidden(why)) => why,
        other => panic!("not refused: {other:?}"),
    }
}

fn failed(result: Result<Answer, SendError>) -> String {
    match result {
        Err(SendError::Failed(why)) => why,
        other => panic!("did not fail: {other:?}"),
    }
}

#[tokio::test]
async fn a_listed_address_is_reached_by_http() {
    let (address, served) =
        receiver(b"HTTP/1.1 202 Accepted\r\nx-y: z\r\ncontent-length: 2\r\n\r\nok".to_vec()).await;
    let answer =
        transport(&["127.0.0.0/8"]).send(outgoing(&format!("http://{address}/in?k=1"))).await;
    let answer = answer.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (202, &b"ok"[..]));
    assert_eq!(answer.headers["x-y"], "z");
    let request = served.await.unwrap();
    assert!(request.starts_with("POST /in?k=1 HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("x-api-key: k\r\n"), "{request}");
    assert!(request.contains("user-agent: flatline/"), "{request}");
}

#[tokio::test]
async fn a_name_is_resolved_and_reached_only_if_its_addresses_are_listed() {
    let (address, served) = receiver(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()).await;
    let url = format!("http://localhost:{}/path-secret?k=query-secret", address.port());
    let why = forbidden(transport(&[]).send(outgoing(&url)).await);
    assert!(why.starts_with("localhost is "), "{why}");
    assert!(why.contains("settings.allowPrivate"), "{why}");
    assert!(!why.contains("secret"), "{why}");

    let answer = transport(&["127.0.0.0/8", "::1/128"]).send(outgoing(&url)).await.unwrap();
    assert_eq!(answer.status, 204);
    served.await.unwrap();
}

#[tokio::test]
async fn private_addresses_are_refused_and_never_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for scheme in ["http", "https"] {
        for host in ["127.0.0.1", "[::ffff:127.0.0.1]", "0x7f000001", "2130706433", "localhost"] {
            let url = format!("{scheme}://{host}:{port}/path-secret");
            let why = forbidden(transport(&["10.0.0.0/8"]).send(outgoing(&url)).await);
            assert!(why.contains("not a public address"), "{url}: {why}");
            assert!(!why.contains("path-secret"), "{url}: {why}");
        }
    }
    let connected = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(connected.is_err(), "somebody connected");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (target, _) = receiver(b"HTTP/1.1 200 OK\r\n\r\n".to_vec()).await;
    let redirect = format!("HTTP/1.1 302 Found\r\nlocation: http://{target}/\r\n\r\n");
    let (address, served) = receiver(redirect.into_bytes()).await;
    let answer = transport(&["127.0.0.0/8"]).send(outgoing(&format!("http://{address}/"))).await;
    assert_eq!(answer.unwrap().status, 302);
    served.await.unwrap();
}

#[tokio::test]
async fn an_endless_answer_is_cut() {
    let mut endless = b"HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n".to_vec();
    endless.resize(1_000_000, b'x');
    let (address, _) = receiver(endless).await;
    let answer = transport(&["127.0.0.0/8"]).send(outgoing(&format!("http://{address}/"))).await;
    assert_eq!(answer.unwrap().body.len(), 64 * 1024);
}

#[tokio::test]
async fn an_answer_that_breaks_off_keeps_its_status() {
    let broken = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_vec();
    let (address, _) = receiver(broken).await;
    let answer = transport(&["127.0.0.0/8"]).send(outgoing(&format!("http://{address}/"))).await;
    let answer = answer.unwrap();
    assert_eq!((answer.status, &answer.body[..]), (200, &b"half"[..]));
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let transport = HttpTransport::new(&["127.0.0.0/8".parse().unwrap()], 200).unwrap();
    let why = failed(transport.send(outgoing(&format!("http://{address}/path-secret"))).await);
    assert_eq!(why, "sending to 127.0.0.1 took too long");
}

#[tokio::test]
async fn nobody_there_is_a_failure_that_names_only_the_host() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let url = format!("http://{free}/path-secret?k=query-secret");
    let why = failed(transport(&["127.0.0.0/8"]).send(outgoing(&url)).await);
    assert!(why.starts_with("connecting to 127.0.0.1 failed: "), "{why}");
    assert!(!why.contains("secret"), "{why}");
}

#[tokio::test]
async fn plain_text_at_an_https_port_is_a_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
    });
    let why =
        failed(transport(&["127.0.0.0/8"]).send(outgoing(&format!("https://{address}/"))).await);
    assert!(why.starts_with("connecting to 127.0.0.1 failed: "), "{why}");
}
