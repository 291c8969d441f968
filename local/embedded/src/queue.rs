//! Calls in the order in which they come, carried out by one thread.
//!
//! The engine does one thing at a time. Threads that wait for its lock wake each other for every call and
//! overtake each other by chance; a queue does neither, so that no call waits for longer than those before
//! it take.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};

use tokio::sync::oneshot;

use crate::engine::{Answer, Engine};
use crate::operation::Work;

/// A call on its way, and where its answer goes.
struct Turn {
    work: Work,
    answer: oneshot::Sender<Answer>,
}

/// Why a call has no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum QueueError {
    /// There is nobody to carry it out.
    #[error("the database's thread cannot be started: {0}")]
    NotStarted(Arc<io::Error>),
    /// It may have been carried out.
    #[error("the database panicked")]
    Panicked,
}

/// The queue. When it is dropped, what has begun is finished first.
pub(crate) struct Queue {
    turns: Option<Sender<Turn>>,
    thread: Result<Option<JoinHandle<()>>, QueueError>,
}

impl Queue {
    /// A queue before this engine.
    pub(crate) fn before(engine: Engine) -> Self {
        let (turns, waiting) = channel();
        let thread = Builder::new().name("database".to_owned());
        let thread = thread.spawn(move || serve(&engine, &waiting));
        let thread = thread.map(Some).map_err(|error| QueueError::NotStarted(Arc::new(error)));
        Self { turns: Some(turns), thread }
    }

    /// Waits for its turn and carries it out. A call that its caller gives up on once it has begun is
    /// carried out all the same, as it would be at AWS.
    pub(crate) async fn carry_out(&self, work: Work) -> Result<Answer, QueueError> {
        if let Err(error) = &self.thread {
            return Err(error.clone());
        }
        let (answer, answered) = oneshot::channel();
        let turn = Turn { work, answer };
        let sent = self.turns.as_ref().is_some_and(|turns| turns.send(turn).is_ok());
        if !sent {
            return Err(QueueError::Panicked);
        }
        answered.await.map_err(|_| QueueError::Panicked)
    }
}

fn serve(engine: &Engine, waiting: &Receiver<Turn>) {
    for Turn { work, answer } in waiting {
        // Whoever gave up before its turn counts as never having asked: under a flood the work of those
        // who left must not keep the others waiting.
        if answer.is_closed() {
            continue;
        }
        // A panic is this call's alone: its answer is lost.
        let done = catch_unwind(AssertUnwindSafe(|| engine.carry_out(work)));
        // Nobody may wait for it any more.
        let _ = done.map(|done| answer.send(done));
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.turns = None;
        if let Ok(thread) = &mut self.thread {
            // It has caught its panics and ends when nobody waits.
            let _ended = thread.take().map(JoinHandle::join);
        }
    }
}
