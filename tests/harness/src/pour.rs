//! Bodies of answers: whole, or without end.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};

use crate::clock::pause;

/// How often a drop falls, in ms.
const DROP_MS: u64 = 100;

/// What a flood pours at once.
static WAVE: [u8; 16_384] = [b'x'; 16_384];

/// A body.
pub(crate) enum Pour {
    /// All of it at once.
    Whole(Full<Bytes>),
    /// One byte now and then, for ever.
    Drops(Pin<Box<dyn Future<Output = ()> + Send>>),
    /// As much as is taken, for ever.
    Flood,
}

impl Pour {
    pub(crate) fn whole(body: Bytes) -> Self {
        Self::Whole(Full::new(body))
    }

    pub(crate) fn drops() -> Self {
        Self::Drops(Box::pin(pause(0)))
    }
}

impl Body for Pour {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let poured = match &mut *self {
            Self::Whole(body) => return Pin::new(body).poll_frame(context),
            Self::Drops(next) => {
                ready!(next.as_mut().poll(context));
                *next = Box::pin(pause(DROP_MS));
                &b"x"[..]
            }
            Self::Flood => &WAVE,
        };
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(poured)))))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            _ => SizeHint::default(),
        }
    }
}
