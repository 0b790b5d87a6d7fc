//! Puts the keys of an answer in the order of the document (GraphQL, section 7.2.2). async-graphql leaves them in the order
//! in which their fields happened to be ready, which differs from one request to the next.

use async_graphql::{
    Name, Value,
    indexmap::IndexMap,
    parser::types::{ExecutableDocument, OperationDefinition, Selection, SelectionSet},
};

/// The keys of an object in their order, each with those of the object behind it.
#[derive(Clone, Default)]
pub(super) struct Order(IndexMap<Name, Order>);

impl Order {
    /// The order of the operation's answer. The document has been counted: spreading its fragments out is cheap.
    pub(super) fn of(document: &ExecutableDocument, operation: &OperationDefinition) -> Self {
        let mut order = Order::default();
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

    pub(super) fn arrange(&self, value: &mut Value) {
        match value {
            // A scalar that is an object has no selections, and stays as it is.
            Value::Object(fields) if !self.0.is_empty() => {
                fields.sort_by_cached_key(|name, _| self.0.get_index_of(name));
                for (name, field) in fields {
                    if let Some(inner) = self.0.get(name) {
                        inner.arrange(field);
                    }
                }
            }
            Value::List(items) => items.iter_mut().for_each(|item| self.arrange(item)),
            _ => {}
        }
    }
}
