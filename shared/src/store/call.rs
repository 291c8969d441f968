//! Every request passes here: the one place that tries again ([`super::verdict`] says after what).
//!
//! The SDK's own retries are switched off. A conflict or a throttled request was not applied and is
//! simply tried again. After a time-out or a broken connection nobody knows: it is tried again too,
//! so every condition must accept, or recognize, what its own lost attempt has written.

use std::future::Future;

use aws_sdk_dynamodb::Error;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::get_item::GetItemOutput;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::Store;
use super::item::{Item, old_image};
use super::keys;
use super::types::StoreError;
use super::verdict::{Verdict, judge};

/// How patient a request is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    tries: u32,
    within_ms: i64,
    pause_ms: i64,
}

impl Patience {
    /// Three tries; whoever asked comes back in the next slot.
    pub(super) const NORMAL: Self = Self { tries: 3, within_ms: 5_000, pause_ms: 50 };
    /// Heartbeats: five tries, none begun later than 2 s after the first; then 503.
    pub(super) const HEARTBEAT: Self = Self { tries: 5, within_ms: 2_000, pause_ms: 25 };
}

/// What is known of the tries before this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// None was applied.
    Fresh,
    /// One may have been applied: its answer was lost.
    MayBeApplied,
}

/// A condition that did not hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Unmet {
    /// The item as it is stored, if the request asked for it and it exists.
    pub(super) item: Option<Item>,
    /// Of a transaction: which of its writes, counted from 0.
    pub(super) positions: Vec<usize>,
}

/// What became of a conditional write.
#[derive(Clone, Debug)]
pub(super) enum Written {
    /// It is durable; the attributes that were asked for.
    Done(Item),
    /// Its condition did not hold; the item as it is, if that was asked for and it exists.
    Refused(Item),
}

/// Why a request brought no result.
#[derive(Debug)]
pub(super) enum Failure {
    /// Its condition did not hold.
    Unmet(Unmet),
    /// There is no such table.
    NoTable(String),
    /// Anything else.
    Store(StoreError),
}

impl Failure {
    /// The condition that did not hold; every other failure is an error.
    pub(super) fn unmet(self) -> Result<Unmet, StoreError> {
        match self {
            Self::Unmet(unmet) => Ok(unmet),
            other => Err(other.into()),
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unmet(_) => Self::Unavailable("somebody else was first".to_owned()),
            Failure::NoTable(why) => Self::Refused(why),
            Failure::Store(error) => error,
        }
    }
}

impl Store {
    /// Sends a request until it is answered, as often as `patience` allows.
    pub(super) async fn call<T, E, F>(
        &self,
        patience: Patience,
        send: impl Fn() -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: std::error::Error + 'static,
        Error: From<SdkError<E, HttpResponse>>,
    {
        self.call_knowing(patience, |_| send()).await
    }

    /// As [`Store::call`]; the request may look different once an earlier try may have been applied.
    pub(super) async fn call_knowing<T, E, F>(
        &self,
        patience: Patience,
        send: impl Fn(Attempt) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, SdkError<E, HttpResponse>>>,
        E: std::error::Error + 'static,
        Error: From<SdkError<E, HttpResponse>>,
    {
        let started_ms = self.clock.monotonic_ms();
        let mut attempt = Attempt::Fresh;
        let mut tried = 0;
        loop {
            let error = match Box::pin(send(attempt)).await {
                Ok(output) => return Ok(output),
                Err(error) => error,
            };
            let why = match judge(error) {
                Verdict::Final(failure) => return Err(failure),
                Verdict::Again(why) => why,
                Verdict::Doubtful(why) => {
                    attempt = Attempt::MayBeApplied;
                    why
                }
            };
            tried += 1;
            let pause_ms = self.pause_ms(patience, tried);
            let spent_ms = self.clock.monotonic_ms() - started_ms + pause_ms;
            if tried >= patience.tries || spent_ms > patience.within_ms {
                return Err(Failure::Store(StoreError::Unavailable(why)));
            }
            self.clock.sleep(pause_ms).await;
        }
    }

    /// Doubles with each try; half of it is jitter, so that two that collided part.
    fn pause_ms(&self, patience: Patience, tried: u32) -> i64 {
        let whole_ms = patience.pause_ms << tried.min(6);
        whole_ms / 2 + (self.jitter() % (whole_ms as u64 / 2 + 1)) as i64
    }

    /// Pauses before another try; `false` when there were enough.
    pub(super) async fn pause(&self, patience: Patience, tried: u32) -> bool {
        if tried >= patience.tries {
            return false;
        }
        self.clock.sleep(self.pause_ms(patience, tried)).await;
        true
    }

    /// One item.
    pub(super) async fn get(&self, key: Item, reading: Reading) -> Result<Option<Item>, Failure> {
        let request = self
            .client
            .get_item()
            .table_name(&*self.table)
            .set_key(Some(key))
            .consistent_read(reading == Reading::Consistent);
        let output: GetItemOutput = self.call(Patience::NORMAL, || request.clone().send()).await?;
        Ok(output.item)
    }

    /// An UpdateItem of this table.
    pub(super) async fn update(
        &self,
        request: UpdateItemFluentBuilder,
    ) -> Result<Written, StoreError> {
        let request = request.table_name(&*self.table);
        match self.call(Patience::NORMAL, || request.clone().send()).await {
            Ok(output) => Ok(Written::Done(old_image(output.attributes).unwrap_or_default())),
            Err(failure) => Ok(Written::Refused(failure.unmet()?.item.unwrap_or_default())),
        }
    }

    /// A Query of this table; conditions are the caller's to add.
    pub(super) fn query(&self, reading: Reading) -> QueryFluentBuilder {
        self.client.query().table_name(&*self.table).consistent_read(reading == Reading::Consistent)
    }

    /// A Query of one whole partition.
    pub(super) fn query_partition(&self, pk: &str, reading: Reading) -> QueryFluentBuilder {
        self.query(reading)
            .key_condition_expression("PK = :pk")
            .expression_attribute_values(":pk", AttributeValue::S(pk.to_owned()))
    }

    /// All pages of a Query; a filtered page may be empty and not the last.
    pub(super) async fn all_pages(&self, query: QueryFluentBuilder) -> Result<Pages, Failure> {
        let mut pages = Pages::default();
        let mut start = None;
        loop {
            let request = query.clone().set_exclusive_start_key(start);
            let page = self.call(Patience::NORMAL, || request.clone().send()).await?;
            pages.scanned += page.scanned_count.max(0) as usize;
            pages.items.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(pages);
            }
        }
    }

    /// Several writes as one. The client token is the SDK's, random per try.
    pub(super) async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<(), Failure> {
        let request = self.client.transact_write_items().set_transact_items(Some(writes));
        self.call(Patience::NORMAL, || request.clone().send()).await?;
        Ok(())
    }

    /// A Put within a transaction.
    pub(super) fn put_write(&self, item: Item) -> TransactWriteItem {
        let put = Put::builder()
            .table_name(&*self.table)
            .set_item(Some(item))
            .build()
            .expect("table and item are set");
        TransactWriteItem::builder().put(put).build()
    }
}

/// How fresh a read must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Sees every write before it; twice the price.
    Consistent,
    /// May miss the last second.
    Eventual,
}

/// What a Query found.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// The items that passed its filter.
    pub(super) items: Vec<Item>,
    /// How many items it looked at.
    pub(super) scanned: usize,
}

/// The key of one of the system's own items.
pub(super) fn system_key(name: &str) -> Item {
    super::item::key(keys::SYSTEM, name)
}
