//! kill -9 at random moments, under load, again and again on the same data: nothing that was
//! acknowledged is lost, nothing is told out of order, and at most once per kill something twice.
//!
//! `FLATLINE_KILLS` (30) and `FLATLINE_SEED` (random) choose another run, `FLATLINE_RELEASE=1` the
//! release build. The seed decides when is killed and who falls silent, not how the machine runs it.

mod audit;
mod findings;
mod load;

use flatline_harness::config::ConfigDir;
use flatline_harness::dice::Dice;
use flatline_harness::process::{Flatline, FlatlineLaunch, Profile};
use flatline_harness::receiver::{Received, Receiver, Reply};
use flatline_shared::clock::SystemClock;
use flatline_shared::config::Env;

use crate::findings::Findings;
use crate::load::Town;

const SERVICES: u64 = 20;

/// How long everything may take to come to rest on a busy machine, in ms.
const REST_MS: i64 = 120_000;

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_loses_nothing_that_was_acknowledged() -> anyhow::Result<()> {
    let env = Env::from_process();
    let number = |name: &str| env.get(name).map(str::parse::<u64>).transpose();
    let kills = number("FLATLINE_KILLS")?.unwrap_or(30);
    let seed = number("FLATLINE_SEED")?;
    let seed = seed.unwrap_or_else(|| SystemClock::shared().now().0 as u64 % 1_000_000);
    let profile =
        if env.get("FLATLINE_RELEASE").is_some() { Profile::Release } else { Profile::Debug };
    println!("FLATLINE_SEED={seed} FLATLINE_KILLS={kills}");

    let mut trial = Trial::begin(profile, Dice::new(seed)).await?;
    for _ in 0..kills {
        trial.kill().await?;
    }
    let findings = trial.end().await?;
    println!("{findings}");
    assert!(findings.events > 0, "nothing to tell happened");
    let wrong = findings.wrong();
    assert!(wrong.is_empty(), "seed {seed}:\n  {}\n{findings}", wrong.join("\n  "));
    Ok(())
}

/// A `flatline` under load.
struct Trial {
    flatline: Flatline,
    receiver: Receiver,
    town: std::sync::Arc<Town>,
    load: tokio::task::JoinSet<()>,
    dice: Dice,
    findings: Findings,
}

impl Trial {
    async fn begin(profile: Profile, dice: Dice) -> anyhow::Result<Self> {
        let receiver = Receiver::start().await?;
        // Some take their time, so that kills also come between a message and its mark.
        let mut delays = dice.fork(1);
        receiver.answer_with(move |_| Reply::status(200).after(delays.between(0, 40)));
        let town = Town::of(SERVICES);
        let mut config = ConfigDir::new()?.hook(&receiver.url())?;
        for member in &town.members {
            config = config.service(&member.id, member.window_s)?;
        }
        let flatline = FlatlineLaunch::with(config).profile(profile).start().await?;
        let load = load::begin(&town, &flatline.url(), &dice.fork(2));
        let findings = Findings::default();
        Ok(Self { flatline, receiver, town, load, dice: dice.fork(3), findings })
    }

    /// Kills at a random moment, looks at what is left, and starts again on it.
    async fn kill(&mut self) -> anyhow::Result<()> {
        pause(self.dice.between(300, 4_000)).await;
        self.flatline.alive()?;
        self.flatline.kill()?;
        self.findings.kills += 1;
        let closed = self.town.closed().await;
        audit::autopsy(self.flatline.data(), &self.town, &mut self.findings).await?;
        if self.dice.one_in(6) {
            self.flatline.launch_again()?;
            pause(self.dice.between(0, 300)).await;
            self.flatline.kill()?;
            self.findings.kills += 1;
            self.findings.kills_while_starting += 1;
        }
        self.flatline.restart().await?;
        drop(closed);
        Ok(())
    }

    /// Lets everybody recover and everything be told, stops, and counts.
    async fn end(mut self) -> anyhow::Result<Findings> {
        self.town.settle();
        let clock = SystemClock::shared();
        let until = clock.now().plus_ms(REST_MS);
        while !self.is_at_rest().await? {
            anyhow::ensure!(clock.now() < until, "no rest\n{}", self.flatline.output());
            pause(200).await;
        }
        self.load.shutdown().await;
        self.flatline.signal("TERM")?;
        self.flatline.wait(60_000).await?;
        let received = self.receiver.received();
        audit::whole(self.flatline.data(), &self.town, &received, &mut self.findings).await?;
        Ok(self.findings)
    }

    /// All are up, and the last that was told of each is that.
    async fn is_at_rest(&self) -> anyhow::Result<bool> {
        let status =
            flatline_harness::http_client().get(format!("{}/api/status", self.flatline.url()));
        let status: serde_json::Value = status.send().await?.error_for_status()?.json().await?;
        let received = self.receiver.received();
        let about = |id: &str| received.iter().rfind(|it| it.json["service"]["id"] == id);
        let told_up = |message: &Received| message.json["event"] == "up";
        Ok(status["summary"]["servicesUp"] == SERVICES
            && self.town.members.iter().all(|member| about(&member.id).is_none_or(told_up)))
    }
}

async fn pause(ms: u64) {
    SystemClock::shared().sleep(ms as i64).await;
}
