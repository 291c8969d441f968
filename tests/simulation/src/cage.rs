//! A process that can be killed or stopped at any await: all its tasks live in one cage.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use flatline_domain::UnixMs;
use flatline_shared::config::Config;
use tokio::task::{AbortHandle, JoinHandle};

/// Handles of ended tasks are forgotten when there are so many.
const TIDY_ABOVE: usize = 128;

tokio::task_local! {
    static ERRAND: Errand;
}

/// On whose behalf a call is made.
#[derive(Clone)]
pub struct Errand {
    /// Which part of the product.
    pub role: Role,
    /// When it began, in ms of the run; of a heartbeat, when it arrived.
    pub began_ms: i64,
    /// The wall clock then.
    pub began_wall: UnixMs,
    /// The process.
    pub cage: Cage,
}

/// A part of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Starts.
    Boot,
    /// Takes heartbeats.
    Ingest,
    /// Decides.
    Checker,
    /// Delivers.
    Notifier,
}

impl Errand {
    /// That of the running task. `None`: the world itself asks.
    pub fn current() -> Option<Self> {
        ERRAND.try_with(Clone::clone).ok()
    }

    /// Runs something on this errand.
    pub async fn run<T>(self, work: impl Future<Output = T>) -> T {
        ERRAND.scope(self, work).await
    }
}

/// One process.
#[derive(Clone)]
pub struct Cage {
    inner: Arc<Inner>,
}

struct Inner {
    number: u32,
    config: Arc<Config>,
    is_dead: AtomicBool,
    tasks: Mutex<Vec<AbortHandle>>,
    all: Freezer,
    checker: Freezer,
}

impl Cage {
    /// An empty one.
    pub fn new(number: u32, config: Arc<Config>) -> Self {
        let inner = Inner {
            number,
            config,
            is_dead: AtomicBool::new(false),
            tasks: Mutex::default(),
            all: Freezer::default(),
            checker: Freezer::default(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Which process of the run it is, from 1.
    pub fn number(&self) -> u32 {
        self.inner.number
    }

    /// The configuration that it started with.
    pub fn config(&self) -> &Arc<Config> {
        &self.inner.config
    }

    /// Whether it was killed.
    pub fn is_dead(&self) -> bool {
        self.inner.is_dead.load(Ordering::SeqCst)
    }

    /// Ends every task at the await where it is.
    pub fn kill(&self) {
        self.inner.is_dead.store(true, Ordering::SeqCst);
        for task in self.tasks().drain(..) {
            task.abort();
        }
    }

    /// Stops or continues every task.
    pub fn freeze(&self, frozen: bool) {
        self.inner.all.set(frozen);
    }

    /// Stops or continues the checker alone.
    pub fn freeze_checker(&self, frozen: bool) {
        self.inner.checker.set(frozen);
    }

    /// Starts a task that dies and stands still with the process.
    pub fn spawn<F>(&self, role: Role, work: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let cage = self.clone();
        let task = tokio::spawn(Caged { work: Box::pin(work), cage, role });
        if self.is_dead() {
            task.abort();
            return task;
        }
        let mut tasks = self.tasks();
        if tasks.len() > TIDY_ABOVE {
            tasks.retain(|task| !task.is_finished());
        }
        tasks.push(task.abort_handle());
        task
    }

    fn tasks(&self) -> std::sync::MutexGuard<'_, Vec<AbortHandle>> {
        self.inner.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Stops tasks before their next step.
#[derive(Default)]
struct Freezer {
    is_frozen: AtomicBool,
    waiting: Mutex<Vec<Waker>>,
}

impl Freezer {
    fn set(&self, frozen: bool) {
        self.is_frozen.store(frozen, Ordering::SeqCst);
        if !frozen {
            self.waiting().drain(..).for_each(Waker::wake);
        }
    }

    /// Whether to stand still; if so, `waker` is woken when that is over.
    fn holds(&self, waker: &Waker) -> bool {
        let frozen = self.is_frozen.load(Ordering::SeqCst);
        if frozen {
            self.waiting().push(waker.clone());
        }
        frozen
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waker>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Caged<F> {
    work: Pin<Box<F>>,
    cage: Cage,
    role: Role,
}

impl<F: Future> Future for Caged<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let inner = &self.cage.inner;
        let is_checker = self.role == Role::Checker;
        if inner.is_dead.load(Ordering::SeqCst)
            || inner.all.holds(context.waker())
            || (is_checker && inner.checker.holds(context.waker()))
        {
            return Poll::Pending;
        }
        self.work.as_mut().poll(context)
    }
}
