//! Stories about the real `flatline`, with the real client and a real receiver: what people were told,
//! what they see, and what is stored, must be the same story.

mod blind;
mod books;
mod client;
mod crashes;
mod down_and_up;
mod site;
mod world;
