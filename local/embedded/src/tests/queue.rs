use std::sync::Arc;
use std::sync::mpsc;

use crate::Engine;
use crate::operation::Work;
use crate::queue::{Queue, QueueError};

/// A call that answers with this text once `ready` says so.
fn call(text: &'static str, ready: mpsc::Receiver<()>, done: mpsc::Sender<&'static str>) -> Work {
    Box::new(move |_| {
        ready.recv().unwrap();
        done.send(text).unwrap();
        Ok(text.into())
    })
}

/// A channel whose sender may go first.
fn at_once() -> mpsc::Receiver<()> {
    let (send, receive) = mpsc::channel();
    send.send(()).unwrap();
    receive
}

#[tokio::test]
async fn calls_are_carried_out_in_their_order_even_if_nobody_waits_for_them() {
    let queue = Arc::new(Queue::before(Engine::memory().unwrap()));
    let (done, order) = mpsc::channel();
    let (go, ready) = mpsc::channel();
    {
        let mut given_up = Box::pin(queue.carry_out(call("first", ready, done.clone())));
        let polled = poll_once(given_up.as_mut()).await;
        assert!(polled.is_none(), "{polled:?}");
    }
    let second = tokio::spawn({
        let queue = queue.clone();
        async move { queue.carry_out(call("second", at_once(), done)).await }
    });
    go.send(()).unwrap();
    assert_eq!(second.await.unwrap().unwrap().body, b"second");
    assert_eq!(order.iter().collect::<Vec<_>>(), ["first", "second"]);
}

/// Polls once.
async fn poll_once<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        let polled = std::pin::Pin::new(&mut future).poll(context);
        std::task::Poll::Ready(match polled {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

#[tokio::test]
async fn a_panic_is_one_calls_alone() {
    let queue = Queue::before(Engine::memory().unwrap());
    let broken = queue.carry_out(Box::new(|_| panic!("broken"))).await;
    assert!(matches!(broken, Err(QueueError::Panicked)), "{broken:?}");
    let (done, _order) = mpsc::channel();
    assert!(queue.carry_out(call("next", at_once(), done)).await.is_ok());
}

#[tokio::test]
async fn what_waits_is_carried_out_before_the_queue_is_gone() {
    let queue = Queue::before(Engine::memory().unwrap());
    let (done, order) = mpsc::channel();
    for text in ["first", "second"] {
        let _given_up =
            poll_once(Box::pin(queue.carry_out(call(text, at_once(), done.clone())))).await;
    }
    drop((queue, done));
    assert_eq!(order.try_iter().collect::<Vec<_>>(), ["first", "second"]);
}
