//! Service records: read one, read many, sweep, create, follow the configuration.
use super::{DaysByService, Store, StoreError, SweepFilter, Swept};
use flatline_domain::{ServiceRecord, ServiceSpec, UnixMs};
impl Store {
    /// One record, by a consistent read.
    pub async fn service(&self, _id: &str) -> Result<Option<ServiceRecord>, StoreError> {
        todo!()
    }
    /// These records, by BatchGetItem or shard Query, whichever costs less.
    pub async fn services(&self, _ids: &[String]) -> Result<Swept, StoreError> {
        todo!()
    }
    /// All records that pass the filter; pages are followed to the end.
    pub async fn sweep(&self, _filter: SweepFilter) -> Result<Swept, StoreError> {
        todo!()
    }
    /// Creates the record of a configured service, unless it exists.
    pub async fn create_service(
        &self,
        _spec: &ServiceSpec,
        _now: UnixMs,
    ) -> Result<(), StoreError> {
        todo!()
    }
    /// Writes a new window and the deadline that follows from it (condition: version and last beat as read).
    pub async fn set_window(
        &self,
        _record: &ServiceRecord,
        _spec: &ServiceSpec,
    ) -> Result<(), StoreError> {
        todo!()
    }
    /// After a repaired clock: a last heartbeat more than 60 s ahead of `now` becomes `now`.
    pub async fn repair_beat(
        &self,
        _record: &ServiceRecord,
        _now: UnixMs,
    ) -> Result<(), StoreError> {
        todo!()
    }
    /// The days that were not wholly up, of every service.
    pub async fn all_days(&self) -> Result<DaysByService, StoreError> {
        todo!()
    }
}
