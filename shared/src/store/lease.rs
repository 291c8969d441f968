//! The right to drain a channel, and the counter that doorbells add to.
use super::{Claim, Lease, Release, Store, StoreError};
use flatline_domain::UnixMs;
impl Store {
    /// Asks for a channel; if it is taken, adds 1 to its ring counter (condition: still taken, else claims).
    pub async fn claim(
        &self,
        _channel: &str,
        _owner: &str,
        _now: UnixMs,
        _lease_ms: i64,
    ) -> Result<Claim, StoreError> {
        todo!()
    }
    /// Renews. `None`: it was lost.
    pub async fn renew(
        &self,
        _lease: &Lease,
        _now: UnixMs,
        _lease_ms: i64,
    ) -> Result<Option<Lease>, StoreError> {
        todo!()
    }
    /// Gives a channel back if nobody rang since `lease.ring`.
    pub async fn release(&self, _lease: &Lease) -> Result<Release, StoreError> {
        todo!()
    }
    /// Frees every lease: only for a process that holds the data directory's lock.
    pub async fn void_leases(&self, _channels: &[String]) -> Result<(), StoreError> {
        todo!()
    }
}
