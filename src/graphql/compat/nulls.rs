//! Errors and nulls as the GraphQL specification defines them.
//!
//! "If a field error is raised, the field is null; if its type is non-null, the error goes up to
//! the parent field, and so on up to the root" (GraphQL, section 6.4.4). async-graphql 7.2 leaves a
//! failed field out of its object instead, whatever its type, which no client can read. Remove when
//! async-graphql #1820 (open; fixes #798 and #1532) is released and covers `Result<Option<T>>`.
//!
//! [`SpecNulls`] restores the rule after the execution, from the errors' paths, the document and
//! the schema's types. A response without errors costs nothing: an extension would see each field,
//! and the library takes a slower path through all fields as soon as there is any extension.
//!
//! - a nullable position that failed is `null`, with the error beside it;
//! - a non-null position makes its parent `null`, until a nullable parent is reached;
//! - if no parent is nullable, `data` is `null`.
//!
//! Positions are fields and list items, identified by their path. The rule holds for resolvers of
//! every kind: `Result<T>`, `Result<Option<T>>`, `Vec<Option<Result<T>>>`, guards and argument
//! validators.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use async_graphql::{
    Data, Executor, Name, ObjectType, PathSegment, Positioned, Request, Response, Schema, SubscriptionType, Value,
    parser::{
        parse_query, parse_schema,
        types::{
            BaseType, ExecutableDocument, FieldDefinition, OperationDefinition, OperationType, SelectionSet, Type,
            TypeKind, TypeSystemDefinition,
        },
    },
};
use futures::{Stream, StreamExt, stream::BoxStream};

use super::{document::find_operation, selection::fields_of};

/// A schema whose responses have nulls where the specification wants them.
pub struct SpecNulls<Q, M, S> {
    schema: Schema<Q, M, S>,
    /// Read from the schema when a response first has an error.
    types: Arc<OnceLock<FieldTypes>>,
}

impl<Q, M, S> Clone for SpecNulls<Q, M, S> {
    fn clone(&self) -> Self {
        Self { schema: self.schema.clone(), types: self.types.clone() }
    }
}

impl<Q, M, S> SpecNulls<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    pub fn of(schema: Schema<Q, M, S>) -> Self {
        Self { schema, types: Arc::default() }
    }

    pub async fn execute(&self, request: impl Into<Request>) -> Response {
        let request = request.into();
        let (text, operation) = (request.query.clone(), request.operation_name.clone());
        let mut response = self.schema.execute(request).await;
        self.restore(&mut response, &text, operation.as_deref());
        response
    }

    pub fn execute_stream(&self, request: impl Into<Request>) -> impl Stream<Item = Response> + Send + 'static {
        let request = request.into();
        let (text, operation) = (request.query.clone(), request.operation_name.clone());
        let nulls = self.clone();
        self.schema.execute_stream(request).map(move |mut response| {
            nulls.restore(&mut response, &text, operation.as_deref());
            response
        })
    }

    fn restore(&self, response: &mut Response, text: &str, operation: Option<&str>) {
        if response.errors.is_empty() {
            if response.data == Value::Null {
                // `@skip` excluded every field: the answer is an empty object, which the library
                // reads as no data.
                response.data = Value::Object(Default::default());
            }
            return;
        }
        // A field that two fragments select is resolved twice, and fails twice.
        let mut known: Vec<async_graphql::ServerError> = Vec::new();
        for error in std::mem::take(&mut response.errors) {
            let is_known = |other: &async_graphql::ServerError| {
                !error.path.is_empty() && other.path == error.path && other.message == error.message
            };
            if !known.iter().any(is_known) {
                known.push(error);
            }
        }
        response.errors = known;
        // Errors without a path are about the request: it was not executed.
        let paths: Vec<_> =
            response.errors.iter().map(|error| &error.path[..]).filter(|path| !path.is_empty()).collect();
        if paths.is_empty() {
            return;
        }
        let types = self.types.get_or_init(|| FieldTypes::read(&self.schema.sdl()));
        let Ok(document) = parse_query(text) else { return };
        let Ok((_, operation)) = find_operation(&document, operation) else { return };
        let mut nulls: Vec<_> =
            paths.iter().map(|path| &path[..types.depth_of_null(&document, operation, path)]).collect();
        nulls.sort_by_key(|path| path.len());
        for (index, path) in nulls.iter().enumerate() {
            set_null(&mut response.data, path, &nulls[..index]);
        }
    }
}

impl<Q, M, S> Executor for SpecNulls<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    async fn execute(&self, request: Request) -> Response {
        SpecNulls::execute(self, request).await
    }

    fn execute_stream(&self, request: Request, _: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        SpecNulls::execute_stream(self, request).boxed()
    }
}

/// The types of all fields, by the type that has them.
struct FieldTypes {
    fields: HashMap<Name, HashMap<Name, Type>>,
    query: Name,
    mutation: Name,
    subscription: Name,
}

impl FieldTypes {
    fn read(sdl: &str) -> Self {
        let mut types = Self {
            fields: HashMap::new(),
            query: Name::new("Query"),
            mutation: Name::new("Mutation"),
            subscription: Name::new("Subscription"),
        };
        let document = parse_schema(sdl).expect("the library reads what it writes");
        for definition in document.definitions {
            match definition {
                TypeSystemDefinition::Schema(roots) => {
                    let name = |named: Option<Positioned<Name>>, default: Name| named.map_or(default, |name| name.node);
                    types.query = name(roots.node.query, types.query);
                    types.mutation = name(roots.node.mutation, types.mutation);
                    types.subscription = name(roots.node.subscription, types.subscription);
                }
                TypeSystemDefinition::Type(definition) => {
                    let fields = match definition.node.kind {
                        TypeKind::Object(object) => object.fields,
                        TypeKind::Interface(interface) => interface.fields,
                        _ => continue,
                    };
                    let typed = |field: Positioned<FieldDefinition>| (field.node.name.node, field.node.ty.node);
                    types.fields.insert(definition.node.name.node, fields.into_iter().map(typed).collect());
                }
                TypeSystemDefinition::Directive(_) => {}
            }
        }
        types
    }

    /// How many segments of an error's path lead to the position that is null because of it: the
    /// deepest one that may be null. 0 is the root.
    fn depth_of_null(
        &self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        path: &[PathSegment],
    ) -> usize {
        let root = match operation.ty {
            OperationType::Query => &self.query,
            OperationType::Mutation => &self.mutation,
            OperationType::Subscription => &self.subscription,
        };
        let mut sets: Vec<(&str, &SelectionSet)> = vec![(root, &operation.selection_set.node)];
        // What a position may be: fragments on several types may select fields under one key.
        let mut types: Vec<&Type> = Vec::new();
        let mut depth = 0;
        for (index, segment) in path.iter().enumerate() {
            match segment {
                PathSegment::Field(key) => {
                    let fields: Vec<_> =
                        sets.iter().flat_map(|(parent, set)| fields_of(document, parent, set)).collect();
                    let fields = fields.iter().filter(|(_, field)| field.response_key().node == key.as_str());
                    let typed = fields.filter_map(|(parent, field)| {
                        let ty = self.fields.get(*parent)?.get(&field.name.node)?;
                        Some((ty, &field.selection_set.node))
                    });
                    let typed: Vec<_> = typed.collect();
                    types = typed.iter().map(|(ty, _)| *ty).collect();
                    sets = typed.into_iter().map(|(ty, set)| (named(ty), set)).collect();
                }
                PathSegment::Index(_) => types = types.into_iter().filter_map(item).collect(),
            }
            // A null is only right where no reading of the document excludes it.
            if !types.is_empty() && types.iter().all(|ty| ty.nullable) {
                depth = index + 1;
            }
        }
        depth
    }
}

/// The name of the type inside all lists.
fn named(ty: &Type) -> &str {
    match &ty.base {
        BaseType::Named(name) => name,
        BaseType::List(item) => named(item),
    }
}

/// The type of a list's items.
fn item(ty: &Type) -> Option<&Type> {
    match &ty.base {
        BaseType::Named(_) => None,
        BaseType::List(item) => Some(item),
    }
}

/// Makes a position null, unless it is inside one of `nulls`.
fn set_null(data: &mut Value, path: &[PathSegment], nulls: &[&[PathSegment]]) {
    if nulls.iter().any(|null| path.starts_with(null)) {
        return;
    }
    let mut place = data;
    for segment in path {
        place = match segment {
            PathSegment::Field(key) => {
                // The library makes an object null if all of its fields failed.
                if *place == Value::Null {
                    *place = Value::Object(Default::default());
                }
                let Value::Object(fields) = place else { return };
                fields.entry(Name::new(key)).or_insert(Value::Null)
            }
            PathSegment::Index(index) => {
                let Value::List(items) = place else { return };
                let Some(item) = items.get_mut(*index) else { return };
                item
            }
        };
    }
    *place = Value::Null;
}
