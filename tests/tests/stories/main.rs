//! Stories about the real `flatline`, with the real client and a real receiver: what people were told,
//! what they see, and what is stored, must be the same story.

mod alerts;
mod apprise;
mod blind;
mod books;
mod channels;
mod client;
mod configuration;
mod crashes;
mod documents;
mod down_and_up;
mod jumps;
mod keys;
mod limits;
mod logs;
mod offers;
mod prometheus;
mod reading;
mod refusals;
mod reminders;
mod site;
mod vendors;
mod world;
