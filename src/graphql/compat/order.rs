//! Sorts the keys of an answer into the document's order (GraphQL, section 7.2.2). async-graphql
//! leaves them in the order in which their fields were ready, which differs between requests, since
//! #1746 (7.1.0). Remove with async-graphql 8.0, where #1806 reverts it.

use async_graphql::{
    Name, Value,
    indexmap::IndexMap,
    parser::types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet},
};

/// The keys of an object in their order, each with the keys of the object that it holds.
#[derive(Clone, Default)]
pub struct FieldOrder(IndexMap<Name, FieldOrder>);

impl FieldOrder {
    /// The order of the operation's answer. The document is within its limits, so spreading its
    /// fragments out is cheap.
    pub(super) fn of(document: &ExecutableDocument, operation: &OperationDefinition) -> Self {
        let mut order = FieldOrder::default();
        order.add(document, &operation.selection_set.node);
        order
    }

    fn add(&mut self, document: &ExecutableDocument, set: &SelectionSet) {
        for item in &set.items {
            match &item.node {
                Selection::Field(field) => {
                    let inner = self.0.entry(field.node.response_key().node.clone()).or_default();
                    inner.add(document, &field.node.selection_set.node);
                }
                Selection::InlineFragment(inline) => self.add(document, &inline.node.selection_set.node),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                        self.add(document, &fragment.node.selection_set.node);
                    }
                }
            }
        }
    }

    /// Sorts the keys of an answer.
    pub fn arrange(&self, value: &mut Value) {
        match value {
            // A scalar that is an object has no selections and stays as it is.
            Value::Object(fields) if !self.0.is_empty() => {
                // The usual order is seen without looking each key up: lists have thousands.
                let mut expected = self.0.keys();
                if !fields.keys().all(|name| expected.any(|next| next == name)) {
                    fields.sort_by_cached_key(|name, _| self.0.get_index_of(name));
                }
                for (name, inner) in self.0.iter().filter(|(_, inner)| !inner.0.is_empty()) {
                    if let Some(field) = fields.get_mut(name) {
                        inner.arrange(field);
                    }
                }
            }
            Value::List(items) => items.iter_mut().for_each(|item| self.arrange(item)),
            _ => {}
        }
    }
}
