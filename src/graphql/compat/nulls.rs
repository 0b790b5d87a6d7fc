//! Errors and nulls as the GraphQL specification defines them.
//!
//! "If a field error is raised, the field is null; if its type is non-null, the error goes up to
//! the parent field, and so on up to the root" (GraphQL, section 6.4.4). async-graphql 7.2 leaves a
//! failed field out of its object instead, whatever its type, which no client can read. Remove when
//! async-graphql #1820 (open; fixes #798 and #1532) is released and covers `Result<Option<T>>`.
//!
//! The extension restores the rule:
//!
//! - a nullable position that failed is `null`, with the error beside it;
//! - a non-null position makes its parent `null` and marks it, until a nullable parent is reached;
//! - if the mark reaches the root, `data` is `null`.
//!
//! Positions are fields and list items, identified by their path. The rule holds for resolvers of
//! every kind: `Result<T>`, `Result<Option<T>>`, `Vec<Option<Result<T>>>`, guards and argument
//! validators.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
};

use async_graphql::{
    QueryPathNode, QueryPathSegment, Response, ServerError, ServerResult, Value,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextExecute, NextResolve, ResolveInfo},
};

/// Makes the extension: `Schema::build(…).extension(SpecNulls)`.
pub struct SpecNulls;

impl ExtensionFactory for SpecNulls {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Nulls::default())
    }
}

/// The state of one request, or of one event of a subscription.
#[derive(Default)]
struct Nulls(Mutex<State>);

#[derive(Default)]
struct State {
    /// Errors of positions that failed themselves.
    errors: Vec<ServerError>,
    /// Positions that are null because of an error, their own or one inside them. The root is the
    /// empty path.
    nulled: HashSet<String>,
    /// The types of lists, by path. The library knows an item's Rust type only, which may hide an
    /// `Option`.
    lists: HashMap<String, String>,
}

impl Nulls {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("never held across a panic")
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for Nulls {
    async fn execute(&self, ctx: &ExtensionContext<'_>, operation: Option<&str>, next: NextExecute<'_>) -> Response {
        *self.state() = State::default();
        let mut response = next.run(ctx, operation).await;
        let mut state = self.state();
        for error in std::mem::take(&mut state.errors) {
            // A field that two fragments select is resolved twice, and fails twice.
            if !response.errors.iter().any(|known| known.path == error.path && known.message == error.message) {
                response.errors.push(error);
            }
        }
        // Set again from outside: of a field that was resolved twice, the library may have kept the
        // copy that succeeded.
        for place in &state.nulled {
            set_null(&mut response.data, place);
        }
        if state.nulled.contains("") {
            response.data = Value::Null;
        } else if response.data == Value::Null && response.errors.is_empty() {
            // `@skip` excluded every field: the answer is an empty object, which the library reads
            // as no data.
            response.data = Value::Object(Default::default());
        }
        response
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let (place, around) = (path(info.path_node), info.path_node.parent.map(path).unwrap_or_default());
        let type_name = match info.path_node.segment {
            QueryPathSegment::Index(_) => self.state().lists.get(&around).map(|list| item_type(list).to_owned()),
            QueryPathSegment::Name(_) => None,
        }
        .unwrap_or_else(|| info.return_type.to_owned());
        let nullable = !type_name.ends_with('!');
        if type_name.starts_with('[') {
            self.state().lists.insert(place.clone(), type_name);
        }

        let resolved = next.run(ctx, info).await;
        let mut state = self.state();
        match resolved {
            Ok(_) if state.nulled.contains(&place) => {}
            Ok(value) => return Ok(value),
            Err(error) => state.errors.push(error),
        }
        state.nulled.insert(place);
        if !nullable {
            state.nulled.insert(around);
        }
        Ok(Some(Value::Null))
    }
}

/// The path with a slash after each segment, so that the root is the empty text.
fn path(node: &QueryPathNode<'_>) -> String {
    let mut path = node.parent.map(path).unwrap_or_default();
    match node.segment {
        QueryPathSegment::Index(index) => path.push_str(&index.to_string()),
        QueryPathSegment::Name(name) => path.push_str(name),
    }
    path.push('/');
    path
}

fn set_null(data: &mut Value, path: &str) {
    let mut place = data;
    for segment in path.split_terminator('/') {
        let inside = match place {
            Value::Object(fields) => fields.get_mut(segment),
            Value::List(items) => segment.parse().ok().and_then(|index: usize| items.get_mut(index)),
            _ => None,
        };
        // A parent is null already.
        let Some(inside) = inside else { return };
        place = inside;
    }
    *place = Value::Null;
}

/// The type of a list's items: `T!` of `[T!]!`.
fn item_type(list: &str) -> &str {
    let list = list.strip_suffix('!').unwrap_or(list);
    list.strip_prefix('[').and_then(|list| list.strip_suffix(']')).unwrap_or(list)
}
