//! Text for people and programs. Pure.

pub mod time;
