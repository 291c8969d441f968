//! Text for people and programs. Pure.
//!
//! - [`duration`] says how long, and how long ago.
//! - [`number`] writes numbers as JSON.
//! - [`percent`] writes shares without flattering them.
//! - [`text`] cuts and tidies what others wrote.
//! - [`time`] writes instants and days.

pub mod duration;
pub mod number;
pub mod percent;
pub mod text;
pub mod time;
