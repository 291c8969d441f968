//! A Telegram group that became a supergroup, which has another id.

use std::sync::{Arc, Mutex};

use flatline_shared::notify::{Answer, BoxFuture, Outgoing, SendError, Transport, format};
use serde_json::{Value, json};

use super::bench::{Bench, webhook};
use super::secrets::speaking;
use crate::attempt::{Outcome, attempt};

const NEW: &str = "-1009876543210";

/// Remembers the chats that it was asked for; only the new one takes messages, in so many words.
struct Group {
    asked: Arc<Mutex<Vec<String>>>,
    status: u16,
}

impl Transport for Group {
    fn send(&self, request: Outgoing) -> BoxFuture<Result<Answer, SendError>> {
        let body: Value = serde_json::from_slice(&request.http().unwrap().body).unwrap();
        let chat = body["chat_id"].as_str().unwrap().to_owned();
        let moved =
            json!({"ok": false, "parameters": {"migrate_to_chat_id": -1_009_876_543_210_i64}});
        let answer = match (chat == NEW, self.status) {
            (true, status @ 200) => (status, json!({"ok": true})),
            (true, status) => (status, json!({"ok": false, "description": format!("no, {chat}")})),
            (false, _) => (400, moved),
        };
        self.asked.lock().unwrap().push(chat);
        let (status, body) = (answer.0, answer.1.to_string().into());
        Box::pin(std::future::ready(Ok(Answer { status, headers: http::HeaderMap::new(), body })))
    }
}

#[tokio::test(start_paused = true)]
async fn a_chat_that_moved_is_followed_each_time_and_the_variable_to_set_is_named() {
    let mut bench = Bench::with(json!([webhook("Hook")]), 0).await;
    bench.down("api").await;
    let row = bench.app.store.queued("Hook").await.unwrap().remove(0);
    let secrets = [("BOTTOKEN", "123456:sEcReT"), ("CHATID", "-100")];
    let channel = speaking(&bench, "telegram", &secrets);
    let format = format(channel.kind).unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    for _ in 0..2 {
        bench.app.transport = Arc::new(Group { asked: asked.clone(), status: 200 });
        let outcome = attempt(&bench.app, &channel, format, std::slice::from_ref(&row)).await;
        let answer = "HTTP 200, after a move: set NOTIFICATION_HOOK_CHATID to the value in the log"
            .to_owned();
        assert_eq!(outcome, Outcome::Accepted { answer });
    }
    assert_eq!(*asked.lock().unwrap(), ["-100", NEW, "-100", NEW], "nothing is stored");
    bench.app.transport = Arc::new(Group { asked, status: 403 });
    let outcome = attempt(&bench.app, &channel, format, std::slice::from_ref(&row)).await;
    let reason = "HTTP 403: no, ***".to_owned();
    assert_eq!(outcome, Outcome::Refused { reason }, "the new id is no less a secret");
}
