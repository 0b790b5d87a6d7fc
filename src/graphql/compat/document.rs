//! Parses a document and checks it before the library validates it.
//!
//! async-graphql 7.2 spreads fragments out while it validates, so a few nested fragments can make
//! it visit billions of fields; here each fragment is counted once. It has no limit for aliases
//! (8.0 has, #1822), does not count introspection, and leaves it to the resolvers to find that a
//! variable is missing.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use async_graphql::{
    Name, Pos, Request, Variables,
    parser::{
        parse_query,
        types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet},
    },
};

use super::{messages::syntax_error, order::FieldOrder};
use crate::graphql::{error_code::ErrorCode, limits::DocumentLimits};

/// A document within the limits. It can be kept, and executed as often as it is sent.
pub struct Document {
    pub text: String,
    parsed: ExecutableDocument,
    /// Whether the document queries the schema itself.
    pub introspects: bool,
    /// The order of its answer's keys, if it has only one operation.
    order: OnceLock<Arc<FieldOrder>>,
}

/// The operation of a document that is to be executed.
pub struct Operation {
    pub kind: OperationType,
    pub name: Option<String>,
    /// The order of the answer's keys.
    pub order: Arc<FieldOrder>,
}

/// Why a document is not executed. The message is for the caller.
#[derive(Clone, Debug, PartialEq)]
pub struct DocumentError {
    pub code: ErrorCode,
    pub message: String,
    pub at: Option<Pos>,
}

impl DocumentError {
    fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), at: None }
    }

    fn at(self, at: Pos) -> Self {
        Self { at: Some(at), ..self }
    }
}

impl Document {
    /// Parses `text`, whose tokens are within the limits, and measures it.
    pub fn read(text: String, limits: &DocumentLimits) -> Result<Self, DocumentError> {
        let parsed = parse_query(&text).map_err(|error| {
            let (message, at) = syntax_error(error);
            DocumentError { code: ErrorCode::ParseFailed, message, at }
        })?;
        let mut counter = Counter { document: &parsed, fragments: HashMap::new(), introspects: false };
        for (_, operation) in parsed.operations.iter() {
            counter.within(&operation.node.selection_set.node, limits)?;
        }
        for fragment in parsed.fragments.values() {
            counter.within(&fragment.node.selection_set.node, limits)?;
        }
        let introspects = counter.introspects;
        Ok(Self { text, parsed, introspects, order: OnceLock::new() })
    }

    /// Finds the operation to execute.
    pub fn operation(&self, name: Option<&str>, variables: &Variables) -> Result<Operation, DocumentError> {
        let (name, operation) = find_operation(&self.parsed, name)?;
        require_variables(operation, variables)?;
        let order = || Arc::new(FieldOrder::of(&self.parsed, operation));
        let order = match self.parsed.operations.iter().count() {
            1 => self.order.get_or_init(order).clone(),
            _ => order(),
        };
        Ok(Operation { kind: operation.ty, name: name.map(ToString::to_string), order })
    }

    /// A request of this document. The library takes its own copy of what was parsed: it removes
    /// what `@skip` and `@include` exclude.
    pub fn request(&self) -> Request {
        let mut request = Request::new(self.text.clone());
        request.set_parsed_query(self.parsed.clone());
        request
    }
}

/// The operation to execute, with its name.
pub(in crate::graphql) fn find_operation<'a>(
    parsed: &'a ExecutableDocument,
    wanted: Option<&str>,
) -> Result<(Option<&'a Name>, &'a OperationDefinition), DocumentError> {
    let invalid = |message: String| DocumentError::new(ErrorCode::ValidationFailed, message);
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
            _ => {
                Err(invalid("The document has several operations. Name the one to run in `operationName`.".to_owned()))
            }
        },
    }
}

/// Checks that each required variable is there: the specification has the request refused (GraphQL,
/// section 6.1.2), and async-graphql validates only the variables that are there.
fn require_variables(operation: &OperationDefinition, variables: &Variables) -> Result<(), DocumentError> {
    for definition in &operation.variable_definitions {
        let (variable, at) = (&definition.node, definition.pos);
        let required = !variable.var_type.node.nullable && variable.default_value.is_none();
        if required && !variables.contains_key(&variable.name.node) {
            let message = format!("The variable `${}` is required.", variable.name.node);
            return Err(DocumentError::new(ErrorCode::BadUserInput, message).at(at));
        }
    }
    Ok(())
}

/// The fields of introspection that lead from a type to a list of others. Nested they multiply, and
/// the schema's limits do not see it: introspection counts as nothing there, and it is not
/// interrupted. (graphql-js calls the rule MaxIntrospectionDepth; `types` lists all types, so it
/// counts as well.)
const INTROSPECTION_LISTS: [&str; 5] = ["types", "fields", "interfaces", "possibleTypes", "inputFields"];
/// How deep [`INTROSPECTION_LISTS`] may nest. The introspection that tools send needs two: the
/// fields of all types.
const MAX_NESTED_LISTS: usize = 2;

#[derive(Clone, Copy, Default)]
struct Size {
    selections: usize,
    aliases: usize,
    /// How deep [`INTROSPECTION_LISTS`] nest. Other types may have fields of these names: the
    /// number counts below `__schema` and `__type` only.
    lists: usize,
}

struct Counter<'a> {
    document: &'a ExecutableDocument,
    /// The size of each fragment; `None` while it is being counted, so that meeting it again is a
    /// cycle.
    fragments: HashMap<&'a Name, Option<Size>>,
    introspects: bool,
}

impl<'a> Counter<'a> {
    fn within(&mut self, set: &'a SelectionSet, limits: &DocumentLimits) -> Result<(), DocumentError> {
        let size = self.count(set)?;
        let too_much = |message: String| Err(DocumentError::new(ErrorCode::LimitExceeded, message));
        if size.selections > limits.selections {
            return too_much(format!(
                "The document selects more than {} fields. Request less at once.",
                limits.selections
            ));
        }
        if size.aliases > limits.aliases {
            return too_much(format!("The document has more than {} aliases. Request less at once.", limits.aliases));
        }
        Ok(())
    }

    fn count(&mut self, set: &'a SelectionSet) -> Result<Size, DocumentError> {
        let mut size = Size::default();
        for item in &set.items {
            let inner = match &item.node {
                Selection::Field(field) => {
                    let name = field.node.name.node.as_str();
                    size.selections = size.selections.saturating_add(1);
                    size.aliases = size.aliases.saturating_add(usize::from(field.node.alias.is_some()));
                    let mut inner = self.count(&field.node.selection_set.node)?;
                    inner.lists += usize::from(INTROSPECTION_LISTS.contains(&name));
                    if matches!(name, "__schema" | "__type") {
                        self.introspects = true;
                        if inner.lists > MAX_NESTED_LISTS {
                            let message = "The introspection is nested too deep. Query one type at a time.";
                            return Err(DocumentError::new(ErrorCode::LimitExceeded, message).at(item.pos));
                        }
                    }
                    inner
                }
                Selection::InlineFragment(inline) => self.count(&inline.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => {
                    // A spread counts as one, so that a chain of empty fragments is not free.
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

    fn fragment(&mut self, name: &'a Name) -> Result<Size, DocumentError> {
        match self.fragments.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => {
                let message = format!("The fragment \"{name}\" spreads itself.");
                return Err(DocumentError::new(ErrorCode::ValidationFailed, message));
            }
            None => {}
        }
        // Validation reports a fragment that does not exist.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Size::default()) };
        self.fragments.insert(name, None);
        let size = self.count(&fragment.node.selection_set.node)?;
        self.fragments.insert(name, Some(size));
        Ok(size)
    }
}
