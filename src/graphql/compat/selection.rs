//! Selection sets with their fragments spread out. The document is validated and within its limits.

use async_graphql::parser::types::{ExecutableDocument, Field, Selection, SelectionSet};

/// The fields of a selection set on the type `parent`, each with the type that it is selected on.
pub(in crate::graphql) fn fields_of<'d>(
    document: &'d ExecutableDocument,
    parent: &'d str,
    set: &'d SelectionSet,
) -> Vec<(&'d str, &'d Field)> {
    let mut fields = Vec::new();
    collect(document, parent, set, &mut fields);
    fields
}

fn collect<'d>(
    document: &'d ExecutableDocument,
    parent: &'d str,
    set: &'d SelectionSet,
    fields: &mut Vec<(&'d str, &'d Field)>,
) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => fields.push((parent, &field.node)),
            Selection::InlineFragment(inline) => {
                let condition = inline.node.type_condition.as_ref();
                let on = condition.map_or(parent, |condition| condition.node.on.node.as_str());
                collect(document, on, &inline.node.selection_set.node, fields);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    let on = fragment.node.type_condition.node.on.node.as_str();
                    collect(document, on, &fragment.node.selection_set.node, fields);
                }
            }
        }
    }
}
