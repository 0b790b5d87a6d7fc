//! A parsed document, and whether it stays within the limits.
//!
//! async-graphql spreads fragments out while it validates, so a few nested fragments can make it visit billions of
//! fields. They are counted here first, each fragment once.

use std::collections::HashMap;

use async_graphql::{
    Name, ServerError, Variables,
    parser::{
        parse_query,
        types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet},
    },
};

use super::{
    error::{ErrorCode, Refusal},
    limits::Limits,
};

/// A document within the limits, with the operation that is to be run.
pub(super) struct Document {
    pub(super) parsed: ExecutableDocument,
    pub(super) kind: OperationType,
    pub(super) operation_name: Option<String>,
    /// Whether it asks about the schema.
    pub(super) introspects: bool,
}

impl Document {
    /// Parses `text`, which was counted to be safe to parse, and finds the operation to run.
    pub(super) fn read(
        text: &str,
        operation_name: Option<&str>,
        variables: &Variables,
        limits: &Limits,
    ) -> Result<Self, Refusal> {
        let parsed = parse_query(text).map_err(|error| {
            let error = ServerError::from(error);
            // The parser shows the line, and with it whatever somebody wrote into the document instead of a variable.
            let expected = error.message.rsplit_once("  = ").map_or("", |(_, expected)| expected.trim());
            let message = format!("The document is not GraphQL: {expected}.");
            let refusal = Refusal::new(ErrorCode::ParseFailed, message);
            error.locations.first().map_or(refusal.clone(), |at| refusal.at(*at))
        })?;
        let (name, operation) = find(&parsed, operation_name)?;
        require(operation, variables)?;
        let (kind, operation_name) = (operation.ty, name.map(ToString::to_string));
        let mut counter = Counter { document: &parsed, fragments: HashMap::new(), introspects: false };
        for (_, operation) in parsed.operations.iter() {
            counter.within(&operation.node.selection_set.node, limits)?;
        }
        for fragment in parsed.fragments.values() {
            counter.within(&fragment.node.selection_set.node, limits)?;
        }
        let introspects = counter.introspects;
        Ok(Self { parsed, kind, operation_name, introspects })
    }
}

fn find<'a>(
    parsed: &'a ExecutableDocument,
    wanted: Option<&str>,
) -> Result<(Option<&'a Name>, &'a OperationDefinition), Refusal> {
    let invalid = |message: String| Refusal::new(ErrorCode::ValidationFailed, message);
    match (&parsed.operations, wanted) {
        (DocumentOperations::Single(operation), None) => Ok((None, &operation.node)),
        (DocumentOperations::Multiple(operations), Some(wanted)) => operations
            .get_key_value(wanted)
            .map(|(name, operation)| (Some(name), &operation.node))
            .ok_or_else(|| invalid(format!("The document has no operation named \"{wanted}\"."))),
        (DocumentOperations::Single(_), Some(wanted)) => {
            Err(invalid(format!("The document has no operation named \"{wanted}\".")))
        }
        (DocumentOperations::Multiple(operations), None) => match operations.iter().next() {
            Some((name, operation)) if operations.len() == 1 => Ok((Some(name), &operation.node)),
            _ => Err(invalid(
                "The document has several operations. Say with `operationName` which one to run.".to_owned(),
            )),
        },
    }
}

/// async-graphql judges the variables that are there, and leaves it to the resolvers to find one missing. The
/// specification has the request refused (GraphQL, section 6.1.2).
fn require(operation: &OperationDefinition, variables: &Variables) -> Result<(), Refusal> {
    for definition in &operation.variable_definitions {
        let (variable, at) = (&definition.node, definition.pos);
        let required = !variable.var_type.node.nullable && variable.default_value.is_none();
        if required && !variables.contains_key(&variable.name.node) {
            let message = format!("The variable `${}` is required.", variable.name.node);
            return Err(Refusal::new(ErrorCode::BadUserInput, message).at(at));
        }
    }
    Ok(())
}

/// The schema's lists that lead from a type to others. Within each other they multiply, and nothing that the schema limits
/// knows of it: introspection counts as nothing there, and once begun it is not interrupted. (What graphql-js calls
/// MaxIntrospectionDepth; `types` stands for all there are, so it counts as well.)
const LISTS_OF_THE_SCHEMA: [&str; 5] = ["types", "fields", "interfaces", "possibleTypes", "inputFields"];
/// So deep may they nest. The introspection that tools send needs it: the fields of all types.
const NESTED_LISTS: usize = 2;

#[derive(Clone, Copy, Default)]
struct Size {
    selections: usize,
    aliases: usize,
    /// How deep [`LISTS_OF_THE_SCHEMA`] nest. Other types may have fields of these names: it counts below `__schema` and
    /// `__type`.
    lists: usize,
}

struct Counter<'a> {
    document: &'a ExecutableDocument,
    /// `None` while a fragment is being counted: meeting it again then is a cycle.
    fragments: HashMap<&'a Name, Option<Size>>,
    introspects: bool,
}

impl<'a> Counter<'a> {
    fn within(&mut self, set: &'a SelectionSet, limits: &Limits) -> Result<(), Refusal> {
        let size = self.count(set)?;
        let too_much = |message: String| Err(Refusal::new(ErrorCode::LimitExceeded, message));
        if size.selections > limits.selections {
            return too_much(format!(
                "The document selects more than {} fields. GraphqlParams for less at once.",
                limits.selections
            ));
        }
        if size.aliases > limits.aliases {
            return too_much(format!(
                "The document has more than {} aliases. GraphqlParams for less at once.",
                limits.aliases
            ));
        }
        Ok(())
    }

    fn count(&mut self, set: &'a SelectionSet) -> Result<Size, Refusal> {
        let mut size = Size::default();
        for item in &set.items {
            let inner = match &item.node {
                Selection::Field(field) => {
                    let name = field.node.name.node.as_str();
                    size.selections = size.selections.saturating_add(1);
                    size.aliases = size.aliases.saturating_add(usize::from(field.node.alias.is_some()));
                    let mut inner = self.count(&field.node.selection_set.node)?;
                    inner.lists += usize::from(LISTS_OF_THE_SCHEMA.contains(&name));
                    if matches!(name, "__schema" | "__type") {
                        self.introspects = true;
                        if inner.lists > NESTED_LISTS {
                            let message = "The document asks too deep about the schema. GraphqlParams about one type after the other.";
                            return Err(Refusal::new(ErrorCode::LimitExceeded, message).at(item.pos));
                        }
                    }
                    inner
                }
                Selection::InlineFragment(inline) => self.count(&inline.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => {
                    // Counted as one, so that a chain of empty-handed spreads is not free.
                    size.selections = size.selections.saturating_add(1);
                    self.fragment(&spread.node.fragment_name.node)?
                }
            };
            size.selections = size.selections.saturating_add(inner.selections);
            size.aliases = size.aliases.saturating_add(inner.aliases);
            size.lists = size.lists.max(inner.lists);
        }
        Ok(size)
    }

    fn fragment(&mut self, name: &'a Name) -> Result<Size, Refusal> {
        match self.fragments.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                let message = format!("The fragment \"{name}\" spreads itself.");
                return Err(Refusal::new(ErrorCode::ValidationFailed, message));
            }
            None => {}
        }
        // One that does not exist is left to validation.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Size::default()) };
        self.fragments.insert(name, None);
        let size = self.count(&fragment.node.selection_set.node)?;
        self.fragments.insert(name, Some(size));
        Ok(size)
    }
}
