//! The expressions of one conditional update.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, TransactWriteItem, Update};

use super::Store;
use super::item::Item;

/// What to set, what to remove, and on which condition. Names are our own short ones, none of them
/// reserved, so they need no placeholders.
#[derive(Clone, Debug, Default)]
pub(super) struct Change {
    sets: Vec<String>,
    removes: Vec<&'static str>,
    adds: Vec<String>,
    conditions: Vec<String>,
    values: Item,
}

impl Change {
    /// Sets an attribute.
    pub(super) fn set(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.sets.push(format!("{name} = :{name}"));
        self.values.insert(format!(":{name}"), value);
        self
    }

    /// Sets an attribute that is not there.
    pub(super) fn set_new(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.sets.push(format!("{name} = if_not_exists({name}, :{name})"));
        self.values.insert(format!(":{name}"), value);
        self
    }

    /// Adds to a set.
    pub(super) fn add(mut self, name: &'static str, values: AttributeValue) -> Self {
        self.adds.push(format!("{name} :{name}"));
        self.values.insert(format!(":{name}"), values);
        self
    }

    /// Removes an attribute.
    pub(super) fn remove(mut self, name: &'static str) -> Self {
        self.removes.push(name);
        self
    }

    /// On condition that an attribute is as it was read: the same value, or absent.
    pub(super) fn if_still(mut self, name: &'static str, read: Option<AttributeValue>) -> Self {
        match read {
            Some(value) => {
                self.conditions.push(format!("{name} = :read_{name}"));
                self.values.insert(format!(":read_{name}"), value);
            }
            None => self.conditions.push(format!("attribute_not_exists({name})")),
        }
        self
    }

    /// On this condition, whose values [`Change::value`] gives.
    pub(super) fn on(mut self, condition: &str) -> Self {
        self.conditions.push(condition.to_owned());
        self
    }

    /// A value that only conditions name.
    pub(super) fn value(mut self, name: &'static str, value: AttributeValue) -> Self {
        self.values.insert(name.to_owned(), value);
        self
    }

    fn update_expression(&self) -> String {
        let mut parts = Vec::new();
        if !self.sets.is_empty() {
            parts.push(format!("SET {}", self.sets.join(", ")));
        }
        if !self.removes.is_empty() {
            parts.push(format!("REMOVE {}", self.removes.join(", ")));
        }
        if !self.adds.is_empty() {
            parts.push(format!("ADD {}", self.adds.join(", ")));
        }
        parts.join(" ")
    }

    fn condition_expression(&self) -> Option<String> {
        (!self.conditions.is_empty()).then(|| self.conditions.join(" AND "))
    }

    fn values(&self) -> Option<Item> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }
}

impl Store {
    /// An UpdateItem of one item.
    pub(super) fn change(&self, key: Item, change: &Change) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&*self.table)
            .set_key(Some(key))
            .update_expression(change.update_expression())
            .set_condition_expression(change.condition_expression())
            .set_expression_attribute_values(change.values())
    }

    /// An update within a transaction.
    pub(super) fn change_write(&self, key: Item, change: &Change) -> TransactWriteItem {
        let update = Update::builder()
            .table_name(&*self.table)
            .set_key(Some(key))
            .update_expression(change.update_expression())
            .set_condition_expression(change.condition_expression())
            .set_expression_attribute_values(change.values())
            .build()
            .expect("table, key and expression are set");
        TransactWriteItem::builder().update(update).build()
    }
}
