//! States that cannot be read.

use std::io::Seek;
use std::sync::Arc;

use flatline_domain::AlertNews;
use futures_util::FutureExt;

use super::super::bench::spoil;
use super::super::database::Database;
use super::super::outbox::delivered;
use super::super::tampering::{Once, Reply, tampered};
use super::*;

/// An alert of which two channels heard, whose state was spoilt since.
async fn spoilt(attribute: &str, value: &str) -> (Database, Store) {
    let (engine, store) = table().await;
    store.store_alert(&alert("1", Firing, "error", &["ops", "pager"])).await.unwrap();
    spoil(&engine, &shard(), KEY, attribute, value).await;
    (engine, store)
}

#[tokio::test]
async fn what_cannot_be_read_keeps_no_alert_back_and_is_mended_by_the_next() {
    for (attribute, value) in
        [("ph", "smouldering"), ("v", "x"), ("si", "x"), ("ca", "x"), ("x", "soon")]
    {
        let (_engine, store) = spoilt(attribute, value).await;
        let firing = store.store_alert(&alert("2", Firing, "error", &["ops"])).await.unwrap();
        let twice = AlertStep::Again(AlertReason::Worse);
        assert_eq!(firing.step, twice, "{attribute}: rather told twice than never");
        let again = store.store_alert(&alert("3", Firing, "error", &["ops"])).await.unwrap();
        assert_eq!(again.step, AlertStep::Nothing, "{attribute}: it is known again");
        let end = store.store_alert(&alert("4", Resolved, "error", &[])).await.unwrap();
        assert_eq!(end.channels, ["ops", "pager"], "{attribute}: whoever was told hears the end");
        let versions = versions(&store, "ops").await;
        assert_eq!(versions.len(), 3, "{attribute}: {versions:?}");
        assert!(versions.is_sorted(), "{attribute}: {versions:?}");
    }
}

#[tokio::test]
async fn where_nobody_knows_who_was_told_those_hear_the_end_whose_delivery_was_accepted() {
    let (_engine, store) = spoilt("ch", "nobody").await;
    let row = store.queued("pager").await.unwrap().remove(0);
    store.mark(&[delivered(&row, later(1_000))]).await.unwrap();
    let end = store.store_alert(&alert("2", Resolved, "error", &[])).await.unwrap();
    assert_eq!((end.step, end.channels), (AlertStep::End, vec!["pager".to_owned()]));
    assert!(!store.is_alert_open(KEY).await.unwrap());
}

#[tokio::test]
async fn whatever_comes_mends_it() {
    for (sentence, severity, news) in
        [("that all is well", "ok", AlertNews::Trouble), ("a note", "warning", AlertNews::Note)]
    {
        let (_engine, store) = spoilt("ta", "then").await;
        assert!(store.is_alert_open(KEY).await.unwrap(), "{sentence}: it is taken for firing");
        let next = ExternalAlert { news, ..alert("2", Firing, severity, &["ops"]) };
        store.store_alert(&next).await.unwrap();
        let end = store.store_alert(&alert("3", Resolved, "error", &[])).await.unwrap();
        assert_eq!(end.channels, ["ops", "pager"], "{sentence}");
    }
}

/// Two processes find it broken at once.
#[tokio::test]
async fn it_is_mended_once() {
    for attribute in ["v", "ph"] {
        let (engine, store) = spoilt(attribute, "x").await;
        let (once, other) = (Once::default(), store.clone());
        let racing = tampered(&engine, move |operation, _| {
            if operation == "TransactWriteItems" && once.first() {
                let first = alert("2", Firing, "error", &["ops"]);
                other.store_alert(&first).now_or_never().unwrap().unwrap();
            }
            Reply::Arrives
        })
        .await;
        let second = racing.store_alert(&alert("3", Firing, "error", &["ops"])).await.unwrap();
        assert_eq!(second.step, AlertStep::Nothing, "{attribute}");
        assert_eq!(versions(&store, "ops").await.len(), 2, "{attribute}");
    }
}

#[tokio::test]
async fn it_is_said_once() {
    let (_engine, store) = spoilt("ph", "smouldering").await;
    let sink = Arc::new(tempfile::tempfile().unwrap());
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(Arc::clone(&sink));
    let guard = tracing::subscriber::set_default(subscriber.finish());
    for id in ["2", "3", "4"] {
        store.store_alert(&alert(id, Firing, "error", &["ops"])).await.unwrap();
    }
    drop(guard);
    (&*sink).rewind().unwrap();
    let log = std::io::read_to_string(&*sink).unwrap();
    assert_eq!(log.matches("could not be read").count(), 1, "{log}");
    assert!(log.contains(KEY) && log.contains("attribute ph"), "which one, and why: {log}");
}
