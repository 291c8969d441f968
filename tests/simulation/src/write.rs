//! What a call writes, and what that means for the truth.

use serde_json::Value;

use crate::cage::{Errand, Role};
use crate::scene::Scene;
use crate::truth::{Claim, Committed, Sign, Truth};

/// The items that a call writes, by key.
#[derive(Debug, Default)]
pub struct Write {
    is_single: bool,
    marks_blind: bool,
    says_down: bool,
    tenure: Tenure,
    updates: Vec<Key>,
    puts: Vec<(Key, Value)>,
    deletes: Vec<Key>,
}

/// What an update of a lease does to who holds it.
#[derive(Debug, Default)]
enum Tenure {
    Begins(String),
    #[default]
    GoesOn,
    Ends,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    pk: String,
    sk: String,
}

impl Key {
    fn of(attributes: &Value) -> Self {
        let part = |name: &str| attributes[name]["S"].as_str().unwrap_or_default().to_owned();
        Self { pk: part("PK"), sk: part("SK") }
    }

    fn row(&self) -> Option<(String, String)> {
        Some((self.pk.strip_prefix("Q#")?.to_owned(), self.sk.clone()))
    }
}

impl Write {
    /// Reads the body of a call; one that reads writes nothing.
    pub fn read(operation: &str, body: &[u8]) -> Self {
        if !matches!(operation, "UpdateItem" | "PutItem" | "TransactWriteItems") {
            return Self::default();
        }
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let mut write = Self { is_single: operation != "TransactWriteItems", ..Self::default() };
        match operation {
            "UpdateItem" => {
                let values = &body["ExpressionAttributeValues"];
                write.marks_blind = values.get(":yes").is_some();
                write.says_down = values[":rp"]["S"] == "down";
                let expression = body["UpdateExpression"].as_str().unwrap_or_default();
                let claims = values.get(":ahead").is_some();
                write.tenure = match values[":owner"]["S"].as_str() {
                    _ if expression.contains("REMOVE ow") => Tenure::Ends,
                    Some(owner) if claims => Tenure::Begins(owner.to_owned()),
                    _ => Tenure::GoesOn,
                };
                write.updates.push(Key::of(&body["Key"]));
            }
            "PutItem" => write.puts.push((Key::of(&body["Item"]), body["Item"].clone())),
            _ => body["TransactItems"].as_array().into_iter().flatten().for_each(|item| {
                write.add(item);
            }),
        }
        write
    }

    fn add(&mut self, item: &Value) {
        if let Some(update) = item.get("Update") {
            self.updates.push(Key::of(&update["Key"]));
        } else if let Some(put) = item.get("Put") {
            self.puts.push((Key::of(&put["Item"]), put["Item"].clone()));
        } else if let Some(delete) = item.get("Delete") {
            self.deletes.push(Key::of(&delete["Key"]));
        }
    }

    /// The keys, for the trace.
    pub fn keys(&self) -> String {
        let puts = self.puts.iter().map(|(key, _)| ("+", key));
        let updates = self.updates.iter().map(|key| ("", key));
        let deletes = self.deletes.iter().map(|key| ("-", key));
        let keys = updates.chain(puts).chain(deletes);
        keys.map(|(sign, key)| format!("{sign}{}/{}", key.pk, key.sk)).collect::<Vec<_>>().join(" ")
    }

    fn updated(&self, pk: &str, sk: Option<&str>) -> Option<&Key> {
        self.updates
            .iter()
            .find(|key| key.pk.starts_with(pk) && sk.is_none_or(|only| only == key.sk))
    }
}

impl Scene {
    /// Takes down what a successful call changed.
    pub fn took(&self, errand: &Errand, write: &Write) {
        let mut truth = self.truth();
        let turn = truth.turn();
        let sign = Sign {
            arrived_ms: errand.began_ms,
            turn,
            wall: errand.began_wall,
            says_down: write.says_down,
        };
        truth.claims.extend(write.puts.iter().filter_map(|(key, item)| self.claim(key, item)));
        if write.updated("SYS", Some("canary")).is_some() {
            match errand.role {
                Role::Ingest => truth.proof(sign),
                _ if write.marks_blind => truth.mark_blind(),
                _ => {}
            }
        }
        if let Some(lease) = write.updated("Q#", Some("!")) {
            let channel = lease.pk.trim_start_matches("Q#");
            match &write.tenure {
                Tenure::Begins(owner) => truth.claimed(channel, owner, errand.cage.number()),
                Tenure::Ends => drop(truth.owners.remove(channel)),
                Tenure::GoesOn => {}
            }
        }
        if let Some(record) = write.updated("S#", None) {
            if !write.is_single {
                let committed = self.committed(errand, write, &record.sk, &truth);
                let told = truth.told_of_trouble.get(&record.sk).cloned().unwrap_or_default();
                let open = committed.open.union(&told).cloned().collect();
                truth.commits.push(Committed { open, ..committed });
            } else if errand.role == Role::Ingest {
                truth.sign(&record.sk, sign);
            }
        }
        truth.waiting.extend(write.puts.iter().filter_map(|(key, _)| key.row()));
        for row in write.deletes.iter().filter_map(Key::row) {
            truth.waiting.remove(&row);
        }
        for (key, item) in &write.puts {
            if let Some(id) = key.pk.strip_prefix("T#") {
                let told = truth.told_of_trouble.entry(id.to_owned()).or_default();
                match item["st"]["S"].as_str() {
                    Some("down" | "degraded") => told.insert(key.sk.clone()),
                    _ => told.remove(&key.sk),
                };
            }
        }
    }

    /// A hole that is noted.
    fn claim(&self, key: &Key, item: &Value) -> Option<Claim> {
        let is_hole = key.pk == "SYS" && key.sk.starts_with("hole#");
        let start: i64 = item["h"]["L"][0]["N"].as_str()?.parse().ok()?;
        let began_ago_ms = self.wall().0 - start;
        is_hole.then(|| Claim { at_ms: self.now_ms(), began_ago_ms })
    }

    fn committed(&self, errand: &Errand, write: &Write, id: &str, truth: &Truth) -> Committed {
        let history = format!("H#{id}");
        let versions = write.puts.iter().filter(|(key, _)| key.pk == history);
        let lane = format!("s#{id}#");
        let open = truth.waiting.iter().filter(|(_, key)| key.starts_with(&lane));
        Committed {
            at_ms: self.now_ms(),
            turn: truth.turns(),
            id: id.to_owned(),
            versions: versions.filter_map(|(key, _)| key.sk.parse().ok()).collect(),
            rows: write.puts.iter().filter_map(|(key, _)| key.row()).collect(),
            open: open.map(|(channel, _)| channel.clone()).collect(),
            config: errand.cage.config().clone(),
        }
    }
}
