//! The channels: they take messages or not, as their mood is, and remember what they took.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use flatline_shared::notify::{Answer, BoxFuture, Outgoing, SendError, Transport};
use http::HeaderMap;
use serde_json::Value;

use crate::cage::Errand;
use crate::mutant::Mutant;
use crate::plan::{Moment, Mood, Plan};
use crate::scene::Scene;

/// A message that a channel took.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// When.
    pub at_ms: i64,
    /// The service.
    pub id: String,
    /// The version that it tells.
    pub version: u64,
    /// The status that it tells.
    pub status: String,
    /// The same for every attempt.
    pub message: String,
    /// Whether another channel could not be told of it.
    pub is_copy: bool,
}

/// What one channel got.
#[derive(Clone, Debug, Default)]
pub struct Mailbox {
    mood: Option<(i64, Mood)>,
    /// What it took, in order.
    pub accepted: Vec<Accepted>,
    /// Messages that it took and that tell again what it took before.
    pub repeats: u32,
    seen: BTreeSet<String>,
    /// Messages that it took without saying so.
    pub ambiguous: u32,
    /// When a message was last refused or not answered.
    pub trouble_ms: Option<i64>,
    under_way: u32,
    /// Messages that came while another was under way.
    pub crowded: u32,
    taken: u64,
}

/// What all channels got.
#[derive(Clone, Debug)]
pub struct Inbox {
    /// By channel.
    pub channels: BTreeMap<String, Mailbox>,
}

impl Inbox {
    /// Nothing yet.
    pub fn of(plan: &Plan) -> Self {
        let channels =
            plan.channels.iter().map(|channel| (channel.name.clone(), Mailbox::default()));
        Self { channels: channels.collect() }
    }

    /// A channel is in this mood until then.
    pub fn mood(&mut self, channel: &str, until_ms: i64, mood: Mood) {
        if let Some(mailbox) = self.channels.get_mut(channel) {
            mailbox.mood = Some((until_ms, mood));
        }
    }

    /// All are well.
    pub fn cheer_up(&mut self) {
        self.channels.values_mut().for_each(|mailbox| mailbox.mood = None);
    }

    /// The newest message about a service that a channel took.
    pub fn last(&self, channel: &str, id: &str) -> Option<&Accepted> {
        self.channels.get(channel)?.accepted.iter().rev().find(|accepted| accepted.id == id)
    }
}

/// Sends to the channels of a world.
pub struct Wire {
    scene: Arc<Scene>,
}

impl Wire {
    /// That of one process.
    pub fn new(scene: Arc<Scene>) -> Self {
        Self { scene }
    }
}

impl Transport for Wire {
    fn send(&self, request: Outgoing) -> BoxFuture<Result<Answer, SendError>> {
        let Outgoing::Http(request) = request else { panic!("webhooks speak HTTP") };
        let host = request.url.host_str().unwrap_or_default();
        let channel = host.split('.').next().unwrap_or_default().to_owned();
        let body = serde_json::from_slice(&request.body).unwrap_or_default();
        let parcel = Parcel { scene: self.scene.clone(), channel, body };
        Box::pin(parcel.go())
    }
}

/// One message under way.
struct Parcel {
    scene: Arc<Scene>,
    channel: String,
    body: Value,
}

/// Counts a message as under way until it is dropped.
struct UnderWay<'a>(&'a Parcel);

impl<'a> UnderWay<'a> {
    fn begin(parcel: &'a Parcel) -> Self {
        parcel.with(|mailbox| {
            mailbox.under_way += 1;
            mailbox.crowded += u32::from(mailbox.under_way > 1);
        });
        Self(parcel)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.with(|mailbox| mailbox.under_way -= 1);
    }
}

impl Parcel {
    async fn go(self) -> Result<Answer, SendError> {
        let under_way = UnderWay::begin(&self);
        self.scene.latency().await;
        let now_ms = self.scene.now_ms();
        let mood = self.with(|mailbox| {
            let mood = mailbox.mood.filter(|(until_ms, _)| *until_ms > now_ms);
            mood.map_or(Mood::Well, |(_, mood)| mood)
        });
        if mood != Mood::Well {
            self.with(|mailbox| mailbox.trouble_ms = Some(now_ms));
        }
        let answer = self.answered(mood).await;
        self.scene.latency().await;
        drop(under_way);
        answer
    }

    async fn answered(&self, mood: Mood) -> Result<Answer, SendError> {
        match mood {
            Mood::Well => Ok(self.taken().await),
            Mood::Failing => Ok(answer(500)),
            Mood::Unreachable => Err(SendError::Failed("cannot be reached".to_owned())),
            Mood::Hanging => std::future::pending().await,
            Mood::Silent => {
                self.with(|mailbox| mailbox.ambiguous += 1);
                self.taken().await;
                std::future::pending().await
            }
            Mood::Lying => {
                self.with(|mailbox| mailbox.ambiguous += 1);
                self.taken().await;
                Ok(answer(500))
            }
            Mood::Limiting => {
                let mut limited = answer(429);
                limited.headers.insert("retry-after", http::HeaderValue::from_static("20"));
                Ok(limited)
            }
            Mood::Gone => Ok(answer(410)),
            Mood::Slow => {
                self.scene.pause(7_000).await;
                Ok(self.taken().await)
            }
        }
    }

    async fn taken(&self) -> Answer {
        let whole = std::slice::from_ref(&self.body);
        let parts = self.body["events"].as_array().map_or(whole, Vec::as_slice);
        let accepted: Vec<Accepted> = parts.iter().map(|part| self.part(part)).collect();
        let loses = self.scene.mutant == Some(Mutant::AcceptanceLost) && self.channel == "hook0";
        self.with(|mailbox| {
            mailbox.taken += 1;
            if loses && mailbox.taken % 3 == 0 {
                return;
            }
            let new: Vec<bool> =
                accepted.iter().map(|it| mailbox.seen.insert(it.message.clone())).collect();
            mailbox.repeats += u32::from(new.contains(&false));
            // A copy is told instead of another channel, and no lane of this one.
            mailbox.accepted.extend(accepted.into_iter().filter(|it| !it.is_copy));
        });
        let errand = Errand::current();
        if errand.is_some_and(|errand| self.scene.springs(Moment::AfterSend, &errand.cage)) {
            std::future::pending::<()>().await;
        }
        answer(200)
    }

    fn part(&self, body: &Value) -> Accepted {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let accepted = Accepted {
            at_ms: self.scene.now_ms(),
            id: text(&body["service"]["id"]),
            version: body["version"].as_u64().unwrap_or_default(),
            status: text(&body["service"]["status"]),
            message: text(&body["id"]),
            is_copy: body["undelivered"].is_object(),
        };
        let Accepted { id, version, status, .. } = &accepted;
        self.scene.note(format!("{} takes: {id} is {status} ({version})", self.channel));
        accepted
    }

    fn with<T>(&self, change: impl FnOnce(&mut Mailbox) -> T) -> T {
        change(self.scene.inbox().channels.entry(self.channel.clone()).or_default())
    }
}

fn answer(status: u16) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: Bytes::new() }
}
