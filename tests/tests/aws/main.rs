//! What is deployed to AWS, judged without an account: the template by the tools that know the rules,
//! and, for what they let through, by sentences of our own.

mod cloud;
mod cost;
mod parts;
mod permissions;
mod role;
mod routes;
mod script;
mod template;
mod tools;
mod traffic;
mod vault;
mod workflows;
