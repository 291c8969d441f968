//! The right to drain a channel, and the counter that doorbells add to.
//!
//! One item per channel, `Q#<channel>` / `!`. Whoever finds it taken adds 1 to the counter instead,
//! and whoever holds it gives it back only if the counter is as it was when the rows were read: so a
//! row that was committed while a drain was about to end is never left behind. How the channel is goes
//! along with each write of the holder, so that the next drain goes on where this one ended.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use flatline_domain::{Bucket, Circuit, UnixMs};

use super::call::Written;
use super::item::{Item, Reader, key, number, text};
use super::{Store, StoreError, keys};

/// The right to drain a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The channel.
    pub channel: String,
    /// Who holds it: random per drain.
    pub owner: String,
    /// The doorbell counter as it was when claimed or last read.
    pub ring: u64,
    /// When it ends unless renewed.
    pub until: UnixMs,
    /// How the channel is; what is noted here is stored when the lease is renewed or given back.
    pub state: ChannelState,
}

/// How a channel is, from one drain to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChannelState {
    /// How many messages it bears now.
    pub bucket: Bucket,
    /// Whether it is left alone.
    pub circuit: Circuit,
    /// Many deliveries are being told as one, and whether they were is not written down yet: they are
    /// told as one again, so that at most one message comes twice.
    pub folding: bool,
}

/// What became of asking for a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is ours.
    Won(Lease),
    /// Somebody has it and was told, by the ring counter, to go round again.
    Rang,
}

/// What became of giving a channel back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Release {
    /// It is free.
    Released,
    /// Somebody rang meanwhile: go round again with this lease.
    RangAgain(Lease),
    /// It was not ours any more.
    Lost,
}

/// Nobody holds it: never claimed, given back, run out, or left by a clock that was set back since.
const FREE: &str = "(attribute_not_exists(un) OR un < :now OR un > :ahead)";
/// Somebody holds it.
const TAKEN: &str = "(un >= :now AND un <= :ahead)";
/// No lease reaches so many of its lengths ahead.
const AHEAD: i64 = 2;
/// Nobody else claimed it since.
const OURS: &str = "ow = :owner";
/// How the channel is.
const NOTED: &str = "bk = :bucket, fa = :failures, hd = :held, fo = :folding";
/// Nobody rang since the rows were read.
const UNRUNG: &str = "rg = :ring";

/// A lease as stored. `None`: it was given back, or never claimed.
fn stored(channel: &str, item: &Item) -> Result<Option<Lease>, StoreError> {
    let reader = Reader::new(item);
    let Some(owner) = reader.opt_text("ow") else { return Ok(None) };
    let ring = reader.opt_number("rg")?.unwrap_or(0) as u64;
    let (until, state) = (reader.time("un")?, state(&reader));
    Ok(Some(Lease { channel: channel.to_owned(), owner, ring, until, state }))
}

/// How the channel is. What is missing or cannot be read is as if nothing had ever been sent.
fn state(reader: &Reader<'_>) -> ChannelState {
    let number = |name| reader.opt_number(name).ok().flatten();
    let failures = number("fa").and_then(|failures| u32::try_from(failures).ok());
    ChannelState {
        bucket: Bucket { full_at: UnixMs(number("bk").unwrap_or(0)) },
        folding: number("fo") == Some(1),
        circuit: Circuit {
            failures: failures.unwrap_or(0),
            held_until: number("hd").filter(|until| *until > 0).map(UnixMs),
        },
    }
}

/// Notes how the channel is, in an update whose expression ends with [`NOTED`].
fn noting(update: UpdateItemFluentBuilder, state: ChannelState) -> UpdateItemFluentBuilder {
    let ChannelState { bucket, circuit, folding } = state;
    let held_until = circuit.held_until.unwrap_or_default();
    update
        .expression_attribute_values(":bucket", number(bucket.full_at.0))
        .expression_attribute_values(":failures", number(i64::from(circuit.failures)))
        .expression_attribute_values(":held", number(held_until.0))
        .expression_attribute_values(":folding", number(i64::from(folding)))
}

impl Store {
    /// Asks for a channel; if it is taken, adds 1 to its ring counter (condition: still taken, else claims).
    pub async fn claim(
        &self,
        channel: &str,
        owner: &str,
        now: UnixMs,
        lease_ms: i64,
    ) -> Result<Claim, StoreError> {
        loop {
            if let Some(lease) = self.take(channel, owner, now, lease_ms).await? {
                return Ok(Claim::Won(lease));
            }
            let ring = self
                .lease_update(channel)
                .update_expression("ADD rg :one")
                .condition_expression(TAKEN)
                .expression_attribute_values(":one", number(1))
                .expression_attribute_values(":now", number(now.0))
                .expression_attribute_values(":ahead", number(now.plus_ms(AHEAD * lease_ms).0));
            if let Written::Done(_) = self.update(ring).await? {
                return Ok(Claim::Rang);
            }
        }
    }

    /// Claims a free channel. Finding ourselves there means that the answer to our claim was lost.
    async fn take(
        &self,
        channel: &str,
        owner: &str,
        now: UnixMs,
        lease_ms: i64,
    ) -> Result<Option<Lease>, StoreError> {
        let claim = self
            .lease_update(channel)
            .update_expression("SET ow = :owner, un = :until, rg = if_not_exists(rg, :zero)")
            .condition_expression(FREE)
            .expression_attribute_values(":owner", text(owner))
            .expression_attribute_values(":until", number(now.plus_ms(lease_ms).0))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":now", number(now.0))
            .expression_attribute_values(":ahead", number(now.plus_ms(AHEAD * lease_ms).0))
            .return_values(ReturnValue::AllNew);
        let (Written::Done(item) | Written::Refused(item)) = self.update(claim).await?;
        Ok(stored(channel, &item)?.filter(|lease| lease.owner == owner))
    }

    /// Renews, noting how the channel is; the ring counter stays as it was when the rows were read. `None`: it was lost.
    pub async fn renew(
        &self,
        lease: &Lease,
        now: UnixMs,
        lease_ms: i64,
    ) -> Result<Option<Lease>, StoreError> {
        let until = now.plus_ms(lease_ms);
        let renewal = self
            .lease_update(&lease.channel)
            .update_expression(format!("SET un = :until, {NOTED}"))
            .condition_expression(OURS)
            .expression_attribute_values(":owner", text(&lease.owner))
            .expression_attribute_values(":until", number(until.0));
        Ok(match self.update(noting(renewal, lease.state)).await? {
            Written::Done(_) => Some(Lease { until, ..lease.clone() }),
            Written::Refused(_) => None,
        })
    }

    /// Gives a channel back, noting how it is, if nobody rang since `lease.ring`.
    pub async fn release(&self, lease: &Lease) -> Result<Release, StoreError> {
        let release = self
            .lease_update(&lease.channel)
            .update_expression(format!("SET {NOTED} REMOVE ow, un"))
            .condition_expression(format!("{OURS} AND {UNRUNG}"))
            .expression_attribute_values(":owner", text(&lease.owner))
            .expression_attribute_values(":ring", number(lease.ring as i64));
        let Written::Refused(item) = self.update(noting(release, lease.state)).await? else {
            return Ok(Release::Released);
        };
        Ok(match stored(&lease.channel, &item)? {
            Some(held) if held.owner == lease.owner => {
                Release::RangAgain(Lease { state: lease.state, ..held })
            }
            Some(_) => Release::Lost,
            // Free already: the answer to our first try was lost.
            None => Release::Released,
        })
    }

    /// Frees every lease: only for a process that holds the data directory's lock.
    pub async fn void_leases(&self, channels: &[String]) -> Result<(), StoreError> {
        for channel in channels {
            let void = self.lease_update(channel).update_expression("REMOVE ow, un");
            self.update(void).await?;
        }
        Ok(())
    }

    fn lease_update(&self, channel: &str) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .set_key(Some(key(keys::channel(channel), keys::LEASE)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
    }
}
