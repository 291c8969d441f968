//! Every type of channel, through the real process, with receivers that keep to the vendors' rules.

mod accepted;
mod answers;
mod certificates;
mod emergencies;
mod hall;
mod mail;
mod many;
mod patience;
mod ses;
mod verdicts;
