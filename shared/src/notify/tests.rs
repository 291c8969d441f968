//! What every channel has in common, asked of each.

mod answers;
pub(super) mod fixture;
mod hostile;
mod limits;
mod masks;
mod requests;
mod templates;
