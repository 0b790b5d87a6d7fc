//! The id that connects an answer with the log lines and audit rows of its operation.

use std::sync::Arc;

use uuid::Uuid;

/// The id of one operation: in the `x-request-id` header, in every error and in the logs. Resolvers
/// find it in their request's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    pub fn generate() -> Self {
        Self(Uuid::now_v7().simple().to_string().into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}
