//! How a message travels: methods and signatures.

use base64::Engine;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{asked, channel, down};

#[test]
fn a_get_says_what_happened_in_its_query() {
    let channel = channel(json!({"method": "GET"}), &[("URL", "https://hook.example/in?k=1")]);
    let asked = asked(&down(), &channel).unwrap();
    let query: Vec<_> = asked.url.query_pairs().into_owned().collect();
    let of =
        |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!((of("k"), of("event"), of("service")), (Some("1"), Some("down"), Some("api")));
    assert!(asked.body.is_empty() && !asked.headers.contains_key("content-type"));
}

#[test]
fn a_signature_covers_id_time_and_body() {
    let url = ("URL", "https://hook.example/in");
    let channel = channel(json!({}), &[url, ("SIGNINGSECRET", "whsec_c2lnbmluZy1zZWNyZXQ=")]);
    let asked = asked(&down(), &channel).unwrap();
    let header = |name: &str| asked.headers[name].to_str().unwrap().to_owned();
    let (id, at) = (header("webhook-id"), header("webhook-timestamp"));
    assert_eq!(at, "1795344742");
    // By hand: HMAC is two hashes with the padded key.
    let mut key = b"signing-secret".to_vec();
    key.resize(64, 0);
    let pad = |with: u8| key.iter().map(|byte| byte ^ with).collect::<Vec<u8>>();
    let signed = [format!("{id}.{at}.").into_bytes(), asked.body.to_vec()].concat();
    let inner = Sha256::digest([pad(0x36), signed].concat()).to_vec();
    let mac = Sha256::digest([pad(0x5c), inner].concat());
    let expected = base64::engine::general_purpose::STANDARD.encode(mac);
    assert_eq!(header("webhook-signature"), format!("v1,{expected}"));
}
