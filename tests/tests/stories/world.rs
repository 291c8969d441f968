//! One `flatline`, the receiver of its channel `hook`, and what people look at.

use anyhow::{Context, Result, ensure};
use flatline_embedded::{Engine, Execution};
use flatline_harness::bridge::Bridge;
use flatline_harness::config::{ALERT_KEY, ConfigDir, KEY};
use flatline_harness::process::{Flatline, FlatlineLaunch, Process};
use flatline_harness::receiver::{Received, Receiver};

use crate::books::Books;
use crate::client::Client;
use crate::site::{PATIENCE_MS, Site, eventually};

/// The secret part of the hook's address.
pub const HOOK_SECRET: &str = "hook-token-that-nobody-may-read";

/// A running `flatline` with all that belongs to it.
pub struct World {
    /// The receiver behind the channel `hook`.
    pub receiver: Receiver,
    /// The process.
    pub flatline: Flatline,
    /// What it shows.
    pub site: Site,
    /// Its database, if that is not its own file.
    pub bridge: Option<Bridge>,
}

impl World {
    /// On a file of its own, telling the channel `hook`.
    pub async fn start(config: ConfigDir) -> Result<Self> {
        Self::launch(config, |launch| launch).await
    }

    /// On a file of its own, started as the closure wants.
    pub async fn launch(
        config: ConfigDir,
        how: impl FnOnce(FlatlineLaunch) -> FlatlineLaunch,
    ) -> Result<Self> {
        let receiver = Receiver::start().await?;
        let config = config.hook(&hook_url(&receiver))?;
        let flatline = how(FlatlineLaunch::with(config)).start().await?;
        let site = Site::at(flatline.url());
        Ok(Self { receiver, flatline, site, bridge: None })
    }

    /// On a database behind a bridge, so that calls can be counted and broken.
    pub async fn on_bridge(config: ConfigDir) -> Result<Self> {
        let bridge = Bridge::start(Engine::memory()?).await?;
        let url = bridge.url();
        let world = Self::launch(config, |launch| launch.endpoint_url(&url)).await?;
        Ok(Self { bridge: Some(bridge), ..world })
    }

    /// A real client of this server.
    pub fn client(&self) -> Client {
        Client::of(&self.flatline.url(), KEY)
    }

    /// Waits until its checker has heard the first canary: blind time is known from then on.
    pub async fn watching(&mut self) -> Result<()> {
        self.watching_in(None).await
    }

    /// [`World::watching`], on a database that is none of its own.
    pub async fn watching_in(&mut self, database: Option<&Books>) -> Result<()> {
        let applied = |it: &Process| it.stderr().contains("configuration applied");
        self.flatline.wait_until("checking", PATIENCE_MS, applied).await?;
        let store = match database {
            Some(books) => &books.store,
            None => &self.books().await?.store,
        };
        let heard = async || Ok(store.sight_log().await?.last_proof);
        eventually("a canary is heard", heard).await.map(drop)
    }

    /// Waits for a message about a service.
    pub async fn hears(&self, event: &str, id: &str) -> Result<Received> {
        let wanted = |it: &Received| says(it, event, id);
        let heard = self.receiver.wait_for(wanted, PATIENCE_MS).await;
        heard.with_context(|| format!("no {event} of {id}\n{}", self.flatline.output()))
    }

    /// The events about a service that the receiver got, in order.
    pub fn heard(&self, id: &str) -> Vec<Received> {
        let all = self.receiver.received();
        all.into_iter().filter(|it| it.json["service"]["id"] == id).collect()
    }

    /// [`World::end`], and opens its books.
    pub async fn close(&mut self) -> Result<Books> {
        self.end().await?;
        self.books().await
    }

    /// Looks once more for secrets and ends the process as an operator would.
    pub async fn end(&mut self) -> Result<()> {
        for path in ["/", "/api/status", "/health"] {
            is_clean(path, &self.site.get(path).await?)?;
        }
        self.flatline.signal("TERM")?;
        let ended = self.flatline.wait(PATIENCE_MS).await?;
        ensure!(ended.success(), "{ended}\n{}", self.flatline.output());
        is_clean("output", &self.flatline.output())
    }

    /// Ends the process, changes its configuration and starts it again.
    pub async fn reconfigure(&mut self, change: impl FnOnce(&mut ConfigDir)) -> Result<()> {
        self.end().await?;
        let config = self.flatline.config_mut();
        change(config);
        config.write()?;
        Ok(self.flatline.restart().await?)
    }

    /// The books as they are now.
    pub async fn books(&self) -> Result<Books> {
        let engine = match &self.bridge {
            Some(bridge) => bridge.gate().engine().clone(),
            None => Engine::open(&self.flatline.data().join("flatline.db"))?,
        };
        Books::open(engine.client(Execution::Inline)).await
    }
}

/// Where a receiver takes messages of Flatline.
pub fn hook_url(receiver: &Receiver) -> String {
    format!("{}/{HOOK_SECRET}", receiver.url())
}

/// Whether a message is about this event of this service.
pub fn says(message: &Received, event: &str, id: &str) -> bool {
    message.json["event"] == event && message.json["service"]["id"] == id
}

/// Neither keys nor the hook's address; nor panics, nor colours where there is no terminal.
fn is_clean(what: &str, text: &str) -> Result<()> {
    for secret in [KEY, ALERT_KEY, HOOK_SECRET] {
        ensure!(!text.contains(secret), "{what} shows {secret}:\n{text}");
    }
    for ugly in ["panicked", "\u{1b}["] {
        ensure!(!text.contains(ugly), "{what} has {ugly:?}:\n{text}");
    }
    Ok(())
}
