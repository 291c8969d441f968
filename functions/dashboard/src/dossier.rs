//! What is read to tell how one service was: its record and its days as they belong together, blind
//! time, incidents, the traces of the checker. Eight calls, however many services there are.

use flatline_domain::sight::merged;
use flatline_domain::{Days, Hole, ServiceRecord, UnixMs};
use flatline_shared::store::{Incident, Store, StoreError, unless_broken};

use crate::banner::Vigil;
use crate::reading::vigil;

/// How often record and days are read again because a transition came between.
const TRIES: usize = 3;

/// What is known of one service.
#[derive(Debug, Default)]
pub struct Dossier {
    /// `None`: some of it cannot be read.
    pub past: Option<Past>,
    /// The traces of the checker.
    pub vigil: Vigil,
}

/// What uptime is computed from.
#[derive(Debug, Default)]
pub struct Past {
    /// `None`: nothing is stored of it yet.
    pub record: Option<ServiceRecord>,
    /// The days that were not wholly up.
    pub days: Days,
    /// Blind time since the first day.
    pub holes: Vec<Hole>,
    /// Every incident that is kept, newest first.
    pub incidents: Vec<Incident>,
}

impl Dossier {
    /// Reads all of it at once. What is broken is logged; then nothing is said of the past.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn of(store: &Store, id: &str, first: UnixMs) -> Result<Self, StoreError> {
        let (known, holes, incidents, vigil) = tokio::join!(
            record_and_days(store, id),
            store.holes_since(first),
            store.incidents(id, UnixMs(0)),
            vigil(store),
        );
        let (known, holes) = (unless_broken(known)?, unless_broken(holes)?.map(merged));
        let incidents = incidents?;
        let past =
            known.zip(holes).map(|((record, days), holes)| Past { record, days, holes, incidents });
        Ok(Self { past, vigil: vigil? })
    }
}

/// The record and the days of the same moment: a transition changes both, and read on two sides of it
/// they would count the interval that ended twice, or not at all.
async fn record_and_days(
    store: &Store,
    id: &str,
) -> Result<(Option<ServiceRecord>, Days), StoreError> {
    let version = |record: &Option<ServiceRecord>| record.as_ref().map(|record| record.version);
    let mut before = store.service(id).await?;
    for _ in 0..TRIES {
        let days = store.days(id).await?;
        let after = store.service(id).await?;
        if version(&before) == version(&after) {
            return Ok((after, days));
        }
        before = after;
    }
    Err(StoreError::Unavailable(format!("{id} changes faster than it can be read")))
}
