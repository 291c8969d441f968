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

/// A call that says when it has begun, and then waits for a word.
fn begun(
    text: &'static str,
    done: mpsc::Sender<&'static str>,
) -> (Work, mpsc::Receiver<()>, mpsc::Sender<()>) {
    let (begins, has_begun) = mpsc::channel();
    let (go, ready) = mpsc::channel();
    let work = call(text, ready, done);
    let work: Work = Box::new(move |db| {
        begins.send(()).unwrap();
        work(db)
    });
    (work, has_begun, go)
}

#[tokio::test]
async fn what_has_begun_is_finished_and_who_gave_up_before_is_not_carried_out() {
    let queue = Arc::new(Queue::before(Engine::memory().unwrap()));
    let (done, order) = mpsc::channel();
    let (first, has_begun, go) = begun("first", done.clone());
    {
        let mut given_up = Box::pin(queue.carry_out(first));
        assert!(poll_once(given_up.as_mut()).await.is_none());
        has_begun.recv().unwrap();
        let mut too_soon = Box::pin(queue.carry_out(call("second", at_once(), done.clone())));
        assert!(poll_once(too_soon.as_mut()).await.is_none());
    }
    let third = tokio::spawn({
        let queue = queue.clone();
        async move { queue.carry_out(call("third", at_once(), done)).await }
    });
    go.send(()).unwrap();
    assert_eq!(third.await.unwrap().unwrap().body, b"third");
    assert_eq!(order.iter().collect::<Vec<_>>(), ["first", "third"]);
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
async fn what_has_begun_is_finished_before_the_queue_is_gone() {
    let queue = Queue::before(Engine::memory().unwrap());
    let (done, order) = mpsc::channel();
    let (work, has_begun, go) = begun("first", done);
    {
        let mut given_up = Box::pin(queue.carry_out(work));
        assert!(poll_once(given_up.as_mut()).await.is_none());
        has_begun.recv().unwrap();
    }
    go.send(()).unwrap();
    drop(queue);
    assert_eq!(order.try_iter().collect::<Vec<_>>(), ["first"]);
}
