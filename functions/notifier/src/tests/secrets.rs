//! Receivers that repeat what only the channel may know.

use flatline_shared::config::{Channel, Secret};
use flatline_shared::notify::{Answer, BoxFuture, Outgoing, SendError, Transport, format};
use serde_json::json;

use super::bench::{Bench, START, webhook};
use crate::attempt::{Outcome, attempt};

/// Says no with the path that was asked for, as servers do, wherever the vendor's words are looked for.
struct Echo(u16);

impl Transport for Echo {
    fn send(&self, request: Outgoing) -> BoxFuture<Result<Answer, SendError>> {
        let path = request.http().unwrap().url.path().to_owned();
        let said = format!("Cannot POST {path}");
        let body = match request.host() {
            "hooks.slack.example" => said,
            _ => json!({"ok": false, "description": said, "message": said}).to_string(),
        };
        let answer = Answer { status: self.0, headers: http::HeaderMap::new(), body: body.into() };
        Box::pin(std::future::ready(Ok(answer)))
    }
}

/// The channel of the bench as one of another type.
pub(super) fn speaking(bench: &Bench, word: &str, secrets: &[(&str, &str)]) -> Channel {
    let sample = bench.reconfigured(&json!([{"type": word, "name": "Hook", "enabled": false}]));
    let secrets = secrets.iter().map(|(key, value)| ((*key).to_owned(), Secret::new(*value)));
    Channel { secrets: secrets.collect(), ..sample.config.channels[0].clone() }
}

#[tokio::test(start_paused = true)]
async fn a_secret_that_a_vendor_repeats_goes_nowhere() {
    let mut bench = Bench::with(json!([webhook("Hook")]), 0).await;
    bench.down("api").await;
    let row = bench.app.store.queued("Hook").await.unwrap().remove(0);
    assert_eq!(row.delivery.queued.committed_at, START);
    let rows: [(&str, &[(&str, &str)]); 4] = [
        ("slack", &[("WEBHOOKURL", "https://hooks.slack.example/services/T0/B0/sEcReT")]),
        ("telegram", &[("BOTTOKEN", "123456:sEcReT"), ("CHATID", "-100")]),
        ("discord", &[("WEBHOOKURL", "https://discord.example/api/webhooks/1/sEcReT")]),
        ("webhook", &[("URL", "https://hook.example/in/sEcReT")]),
    ];
    for (word, secrets) in rows {
        let channel = speaking(&bench, word, secrets);
        let format = format(channel.kind).unwrap();
        for status in [400, 404, 429, 500] {
            bench.app.transport = std::sync::Arc::new(Echo(status));
            let said = match attempt(&bench.app, &channel, format, std::slice::from_ref(&row)).await
            {
                Outcome::Refused { reason } => reason,
                Outcome::Failed { error, .. } => error,
                Outcome::Accepted { answer } => panic!("{word} accepted: {answer}"),
            };
            assert!(!said.contains("sEcReT"), "{word}: {said}");
            // Discord's 404 is told in words of ours.
            let is_said = (word, status) != ("discord", 404);
            assert!(!is_said || said.contains("Cannot POST "), "{word}: {said}");
        }
    }
}
