use std::time::Duration;

use aws_sdk_dynamodb::config::RuntimeComponents;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    KeysAndAttributes, Put, PutRequest, ReturnValue, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update, WriteRequest,
};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use tokio::time::Instant;

use super::{TABLE, create_table, get, number, put, text};
use crate::{Engine, Execution, client_config};

#[tokio::test]
async fn a_conditional_update_returns_the_old_item_whether_it_succeeds_or_not() {
    let client = Engine::memory().unwrap().client(Execution::Inline);
    create_table(&client).await;
    put(&client, "a", 1).await;
    let set = |n: i64, below: i64| {
        client
            .update_item()
            .table_name(TABLE)
            .key("PK", text("p"))
            .key("SK", text("a"))
            .update_expression("SET n = :n")
            .condition_expression("n < :below")
            .expression_attribute_values(":n", number(n))
            .expression_attribute_values(":below", number(below))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
    };
    assert_eq!(set(2, 2).await.unwrap().attributes.unwrap()["n"], number(1));
    let refused = set(3, 2).await.unwrap_err().into_service_error();
    let UpdateItemError::ConditionalCheckFailedException(refused) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(refused.item().unwrap()["n"], number(2));
    assert_eq!(get(&client, "a").await, Some(number(2)));
}

#[tokio::test]
async fn a_refused_transaction_writes_nothing_and_names_the_item_that_refused() {
    let client = Engine::memory().unwrap().client(Execution::Inline);
    create_table(&client).await;
    put(&client, "a", 1).await;
    let update = Update::builder()
        .table_name(TABLE)
        .key("PK", text("p"))
        .key("SK", text("b"))
        .update_expression("SET n = :n")
        .expression_attribute_values(":n", number(7));
    let insert = Put::builder()
        .table_name(TABLE)
        .item("PK", text("p"))
        .item("SK", text("a"))
        .condition_expression("attribute_not_exists(PK)");
    let refused = client
        .transact_write_items()
        .transact_items(TransactWriteItem::builder().update(update.build().unwrap()).build())
        .transact_items(TransactWriteItem::builder().put(insert.build().unwrap()).build())
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(refused) = refused else {
        panic!("{refused:?}");
    };
    let codes: Vec<_> =
        refused.cancellation_reasons().iter().filter_map(|reason| reason.code()).collect();
    assert_eq!(codes, ["None", "ConditionalCheckFailed"]);
    assert_eq!(get(&client, "b").await, None);
}

#[tokio::test]
async fn batches_and_pages_reach_every_item() {
    let client = Engine::memory().unwrap().client(Execution::Inline);
    create_table(&client).await;
    let names: Vec<String> = (0..25).map(|n| format!("k{n:02}")).collect();
    let writes = names.iter().map(|name| {
        let put = PutRequest::builder().item("PK", text("p")).item("SK", text(name));
        WriteRequest::builder().put_request(put.build().unwrap()).build()
    });
    client.batch_write_item().request_items(TABLE, writes.collect()).send().await.unwrap();
    let keys = names.iter().map(|name| [("PK", text("p")), ("SK", text(name))]);
    let keys = keys.map(|key| key.map(|(name, value)| (name.to_owned(), value)).into());
    let wanted = KeysAndAttributes::builder().set_keys(Some(keys.collect())).build().unwrap();
    let got = client.batch_get_item().request_items(TABLE, wanted).send().await.unwrap();
    assert_eq!(got.responses.unwrap()[TABLE].len(), 25);

    let pages = client
        .query()
        .table_name(TABLE)
        .key_condition_expression("PK = :p")
        .expression_attribute_values(":p", text("p"))
        .limit(10)
        .into_paginator()
        .items()
        .send();
    let seen: Vec<_> = pages.try_collect().await.unwrap();
    let seen: Vec<_> = seen.iter().map(|item| item["SK"].as_s().unwrap()).collect();
    assert_eq!(seen, names.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn both_executions_are_one_database() {
    let engine = Engine::memory().unwrap();
    let inline = engine.client(Execution::Inline);
    let blocking = engine.client(Execution::Blocking);
    create_table(&blocking).await;
    put(&blocking, "a", 1).await;
    assert_eq!(get(&inline, "a").await, Some(number(1)));
    assert_eq!(get(&blocking, "a").await, Some(number(1)));
}

#[tokio::test(start_paused = true)]
async fn inline_calls_take_no_time_of_a_paused_clock() {
    let client = Engine::memory().unwrap().client(Execution::Inline);
    let started = Instant::now();
    create_table(&client).await;
    put(&client, "a", 1).await;
    assert_eq!(started.elapsed(), Duration::ZERO);
}

/// A transport that never answers.
#[derive(Clone, Debug)]
struct Mute;

impl HttpConnector for Mute {
    fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::new(std::future::pending())
    }
}

impl HttpClient for Mute {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Mute)
    }
}

#[tokio::test(start_paused = true)]
async fn time_outs_run_on_tokios_clock() {
    let limits = TimeoutConfig::builder().operation_timeout(Duration::from_secs(2)).build();
    let config = client_config(SharedHttpClient::new(Mute)).timeout_config(limits);
    let client = aws_sdk_dynamodb::Client::from_conf(config.build());
    let started = Instant::now();
    let answer = client.list_tables().send().await;
    assert!(matches!(answer, Err(SdkError::TimeoutError(_))), "{answer:?}");
    assert_eq!(started.elapsed(), Duration::from_secs(2));
}
