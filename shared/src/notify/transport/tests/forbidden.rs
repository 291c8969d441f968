//! Addresses that nobody may be sent to: refused, and nothing is connected to.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::*;

/// One or more addresses of every special-purpose range of IANA, and other ways to write them.
const HOSTS: [&str; 62] = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.0.1.1",
    "127.255.255.254",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "017700000001",
    "0x7f.0.0.1",
    "127.0.0.1.",
    "169.254.0.1",
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "192.175.48.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "localhost",
    "LOCALHOST",
    "[fec0::1]",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:10.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::a00:1]",
    "[64:ff9b:1::1]",
    "[100::1]",
    "[2001::1]",
    "[2001:db8::1]",
    "[2002:7f00:1::]",
    "[2002:a00:1::1]",
    "[3fff::1]",
    "[5f00::1]",
    "[fc00::1]",
    "[fe80::1]",
    "[ff02::1]",
];

/// Other ways to write an address, and the ways to carry it in one of version 6.
fn disguises(v4: Ipv4Addr) -> [String; 9] {
    let (bits, [a, b, c, d]) = (v4.to_bits(), v4.octets());
    let (high, low) = (bits >> 16, bits & 0xffff);
    let wide = |digit: char| char::from_u32(u32::from(digit) + 0xfee0).unwrap_or(digit);
    [
        bits.to_string(),
        format!("{bits:#x}"),
        format!("0{a:o}.0{b:o}.0{c:o}.0{d:o}"),
        v4.to_string().chars().map(|c| if c == '.' { c } else { wide(c) }).collect(),
        v4.to_string()
            .chars()
            .map(|c| format!("%{:02x}", u32::from(c)))
            .collect::<Vec<_>>()
            .concat(),
        format!("[::ffff:{high:x}:{low:x}]"),
        format!("[64:ff9b::{high:x}:{low:x}]"),
        format!("[2002:{high:x}:{low:x}::1]"),
        format!("[2001:0:4136:e378:8000:63bf:{:x}:{:x}]", !high & 0xffff, !low & 0xffff),
    ]
}

#[tokio::test]
async fn no_address_that_is_not_public_is_connected_to() {
    let four = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).await.unwrap();
    let port = four.local_addr().unwrap().port();
    // Where there is no IPv6 nothing can be reached by it either.
    let six = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await.ok();
    let transport = transport(&["172.30.0.0/16"]);
    let addresses = HOSTS.iter().filter_map(|host| host.parse::<Ipv4Addr>().ok());
    let mut hosts: BTreeSet<String> = addresses.flat_map(disguises).collect();
    hosts.extend(HOSTS.map(str::to_owned));
    let mut refused = BTreeSet::new();
    for (scheme, host) in
        ["http", "https"].iter().flat_map(|it| hosts.iter().map(move |host| (it, host)))
    {
        let url = format!("{scheme}://{host}:{port}/path-secret");
        let why = forbidden(transport.send(outgoing(&url)).await);
        assert!(!why.contains("secret"), "{url}: {why}");
        refused.insert(url);
    }
    assert!(refused.len() >= 150, "{}", refused.len());
    for host in &hosts {
        let url = format!("https://user:password-secret@{host}:{port}/");
        let why = forbidden(transport.send(outgoing(&url)).await);
        assert!(!why.contains("secret"), "{url}: {why}");
    }
    let arrived = tokio::time::timeout(Duration::from_millis(50), four.accept()).await;
    assert!(arrived.is_err(), "somebody connected");
    if let Some(six) = six {
        let arrived = tokio::time::timeout(Duration::from_millis(50), six.accept()).await;
        assert!(arrived.is_err(), "somebody connected by IPv6");
    }
}

#[tokio::test]
async fn no_mail_server_that_is_not_public_is_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for host in ["127.0.0.1", "localhost", "[::1]", "::ffff:127.0.0.1"] {
        for encryption in [Encryption::Tls, Encryption::StartTls, Encryption::None] {
            let submission = crate::notify::Submission {
                host: host.to_owned(),
                port,
                encryption,
                login: None,
                from: "a@example.com".to_owned(),
                to: vec!["b@example.com".to_owned()],
                message: Bytes::from_static(b"Subject: x\r\n\r\ny"),
            };
            let why = forbidden(transport(&[]).send(Outgoing::Smtp(submission)).await);
            assert!(why.contains("not a public address"), "{host}: {why}");
        }
    }
    let arrived = tokio::time::timeout(Duration::from_millis(50), listener.accept()).await;
    assert!(arrived.is_err(), "somebody connected");
}

/// What an SMTP server says to each line until the mail is over, and the mail.
async fn mail_server(last: &'static str) -> (SocketAddr, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"220 sink\r\n").await.unwrap();
        let mut seen = String::new();
        loop {
            let mut chunk = [0; 4096];
            let read = stream.read(&mut chunk).await.unwrap_or_default();
            if read == 0 {
                return seen;
            }
            seen.push_str(std::str::from_utf8(&chunk[..read]).unwrap());
            let answer = match seen.rsplit_once("DATA\r\n") {
                None => "250 ok",
                Some((_, "")) => "354 go on",
                Some((_, mail)) if mail.contains("\r\n.\r\n") => last,
                Some(_) => continue,
            };
            // A client that has read enough hangs up, so a failing write is no failure of the test.
            drop(stream.write_all(format!("{answer}\r\n").as_bytes()).await);
        }
    });
    (address, served)
}

#[tokio::test]
async fn a_mail_is_handed_over_and_the_servers_word_is_the_answer() {
    for (last, status) in [("250 queued as 1", 200), ("451 later", 503), ("550 never", 400)] {
        let (address, served) = mail_server(last).await;
        let submission = crate::notify::Submission {
            host: "127.0.0.1".to_owned(),
            port: address.port(),
            encryption: Encryption::None,
            login: None,
            from: "a@example.com".to_owned(),
            to: vec!["b@example.com".to_owned()],
            message: Bytes::from_static(b"Subject: x\r\n\r\nhello"),
        };
        let sent = transport(&["127.0.0.0/8"]).send(Outgoing::Smtp(submission)).await;
        let answer = sent.unwrap();
        assert_eq!(answer.status, status, "{last}: {answer:?}");
        let seen = served.await.unwrap();
        assert!(seen.contains("MAIL FROM:<a@example.com>"), "{seen}");
        assert!(seen.contains("RCPT TO:<b@example.com>") && seen.contains("hello"), "{seen}");
    }
}
