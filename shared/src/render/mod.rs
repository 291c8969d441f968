//! Text for people and programs. Pure.

pub mod text;
pub mod time;
