//! HTTP requests as events and answers as HTTP responses, in API Gateway's payload format 2.0
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>).

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flatline_domain::UnixMs;
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

/// Content types whose bodies are handed on as text.
const TEXT: [&str; 5] = [
    "text/",
    "application/json",
    "application/xml",
    "application/javascript",
    "application/x-www-form-urlencoded",
];

/// The event of a request that came at `now`. An HTTP API decodes the path and leaves the query alone.
pub(super) fn event(request: Request<Bytes>, now: UnixMs) -> Value {
    let (parts, body) = request.into_parts();
    let path = percent_decode_str(parts.uri.path()).decode_utf8_lossy();
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": parts.uri.query().unwrap_or_default(),
        "headers": headers(&parts.headers),
        "requestContext": context(&parts, &path, now),
        "isBase64Encoded": false,
    });
    let cookies = cookies(&parts.headers);
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    if let Some(query) = parts.uri.query() {
        event["queryStringParameters"] = parameters(query);
    }
    if body.is_empty() {
        return event;
    }
    if let Some(text) = text(&parts.headers, &body) {
        event["body"] = json!(text);
    } else {
        event["body"] = json!(STANDARD.encode(&body));
        event["isBase64Encoded"] = json!(true);
    }
    event
}

fn context(parts: &Parts, path: &str, now: UnixMs) -> Value {
    let agent = parts.headers.get("user-agent").and_then(|agent| agent.to_str().ok());
    let host = parts.headers.get("host").and_then(|host| host.to_str().ok());
    json!({
        "accountId": "000000000000",
        "apiId": "harness",
        "domainName": host,
        "domainPrefix": "harness",
        "http": {
            "method": parts.method.as_str(),
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": "127.0.0.1",
            "userAgent": agent,
        },
        "requestId": format!("harness-{}", now.0),
        "routeKey": "$default",
        "stage": "$default",
        "timeEpoch": now.0,
    })
}

/// Lower-case names, values of one name joined by commas; cookies stand apart.
fn headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut joined = BTreeMap::<String, String>::new();
    for (name, value) in headers.iter().filter(|(name, _)| *name != "cookie") {
        let value = String::from_utf8_lossy(value.as_bytes());
        joined
            .entry(name.as_str().to_owned())
            .and_modify(|all| *all = format!("{all},{value}"))
            .or_insert_with(|| value.into_owned());
    }
    joined
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all("cookie").iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(';')).map(|cookie| cookie.trim().to_owned()).collect()
}

/// Decoded values by name, those of one name joined by commas.
fn parameters(query: &str) -> Value {
    let mut joined = Map::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        let all = match joined.get(name.as_ref()).and_then(Value::as_str) {
            Some(before) => format!("{before},{value}"),
            None => value.into_owned(),
        };
        joined.insert(name.into_owned(), all.into());
    }
    Value::Object(joined)
}

fn text<'a>(headers: &HeaderMap, body: &'a Bytes) -> Option<&'a str> {
    let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or("text/");
    let as_text = TEXT.iter().any(|text| kind.to_ascii_lowercase().starts_with(text));
    as_text.then(|| std::str::from_utf8(body).ok()).flatten()
}

/// The response that a function's answer stands for; one without `statusCode` is the body of a 200.
pub(super) fn response(answer: &Value) -> Option<Response<Bytes>> {
    let Some(status) = answer["statusCode"].as_u64() else {
        let response = Response::builder().header("content-type", "application/json");
        return response.body(Bytes::from(answer.to_string())).ok();
    };
    let mut response = Response::builder().status(u16::try_from(status).ok()?);
    for (name, value) in answer["headers"].as_object().into_iter().flatten() {
        response = response.header(name, value.as_str().unwrap_or_default());
    }
    for (name, values) in answer["multiValueHeaders"].as_object().into_iter().flatten() {
        if answer["headers"].get(name).is_none() {
            for value in values.as_array().into_iter().flatten() {
                response = response.header(name, value.as_str().unwrap_or_default());
            }
        }
    }
    for cookie in answer["cookies"].as_array().into_iter().flatten() {
        response = response.header("set-cookie", cookie.as_str().unwrap_or_default());
    }
    let body = answer["body"].as_str().unwrap_or_default();
    let body = match answer["isBase64Encoded"].as_bool() {
        Some(true) => STANDARD.decode(body).ok()?,
        _ => body.as_bytes().to_vec(),
    };
    response.body(Bytes::from(body)).ok()
}
