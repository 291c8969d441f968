//! Text for people and programs. Pure.
//!
//! - [`badge`] draws badges.
//! - [`duration`] says how long, and how long ago.
//! - [`number`] writes numbers as JSON.
//! - [`percent`] writes shares without flattering them.
//! - [`segment`] puts ids into paths.
//! - [`tags`] judges what templates of users may say.
//! - [`text`] cuts and tidies what others wrote.
//! - [`time`] writes instants and days.

pub mod badge;
pub mod duration;
pub mod number;
pub mod percent;
pub mod segment;
pub mod tags;
pub mod text;
pub mod time;
