//! Why a field could not be answered: the errors beside `data`. What a caller can mend in a mutation's input is not
//! here, but among its `userErrors`.

use async_graphql::{ErrorExtensions, Response};

use super::error_code::{ErrorCode, INTERNAL_ERROR, SESSION_ENDED};
use crate::auth::{Denied, Role};
use crate::ops::{ARCHIVED, OpError, UserErrorCode};
use crate::storage::{StorageError, is_out_of_reach};

const FORBIDDEN: &str = "Your role does not permit this.";

/// Has a refusal say to whom it is refused what to do about it, which is not the same for everybody.
pub(super) fn advise(response: &mut Response, role: Role) {
    let advice = match role {
        Role::PartnerViewer => "Ask an administrator of your organisation.",
        Role::PartnerAdmin => "It is for INFIMA's own people and services.",
        Role::Support => "It is the partner's to do: ask one of the partner's administrators.",
        Role::Platform => "The platform's service imports the roster, and nothing else.",
    };
    for error in response.errors.iter_mut().filter(|error| error.message == FORBIDDEN) {
        error.message = format!("{FORBIDDEN} {advice}");
    }
}

pub(super) type Result<T> = std::result::Result<T, Failure>;

/// It has no text of its own, so that none can leave by accident: what the caller reads is written in the conversion
/// below.
#[derive(Clone, Debug)]
pub enum Failure {
    NotFound,
    Forbidden,
    /// The partner is archived, and this would change something.
    Archived,
    /// The token ended while a subscription was going on.
    Expired,
    /// A query's argument. The message says what to do.
    BadArgument {
        field: Vec<String>,
        message: String,
    },
    /// A query asks something of Halo, and the partner is not connected to any. The message says what to do.
    NotConnected(String),
    /// The partner's Halo gave no answer to a question that a query asked.
    Halo(String),
    /// The database does not answer. It was logged where it happened.
    Unavailable,
    /// A fault of ours. It was logged where it happened.
    Ours,
}

impl Failure {
    pub(super) fn bad_argument(field: &str, message: impl Into<String>) -> Self {
        Failure::BadArgument { field: vec![field.to_owned()], message: message.into() }
    }

    /// Logs a fault with its causes. The request's id is in the log's span, and in the answer.
    fn logged(self, fault: &(dyn std::error::Error + 'static)) -> Self {
        let mut causes = fault.to_string();
        let mut cause = fault.source();
        while let Some(deeper) = cause {
            causes.push_str(": ");
            causes.push_str(&deeper.to_string());
            cause = deeper.source();
        }
        tracing::error!(error = causes, "an operation failed");
        self
    }
}

impl From<Failure> for async_graphql::Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotFound => ErrorCode::NotFound.error("There is no such record."),
            Failure::Forbidden => ErrorCode::Forbidden.error(FORBIDDEN),
            Failure::Archived => ErrorCode::Forbidden.error(ARCHIVED),
            Failure::Expired => ErrorCode::Unauthenticated.error(SESSION_ENDED),
            Failure::BadArgument { field, message } => {
                ErrorCode::BadUserInput.error(message).extend_with(|_, extensions| extensions.set("field", field))
            }
            Failure::NotConnected(message) => ErrorCode::NotConnected.error(message),
            Failure::Halo(message) => ErrorCode::HaloUnreachable.error(message),
            Failure::Unavailable => {
                ErrorCode::Unavailable.error("The service cannot answer just now. Try again in a minute.")
            }
            Failure::Ours => ErrorCode::Internal.error(INTERNAL_ERROR),
        }
    }
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NotFound => Failure::NotFound,
            Denied::Forbidden => Failure::Forbidden,
        }
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        if error.is_about_unstorable_text() {
            let message = "A text in the request holds a character that cannot be stored (NUL). Leave it out.";
            return Failure::BadArgument { field: Vec::new(), message: message.into() };
        }
        match error.is_out_of_reach() {
            true => Failure::Unavailable.logged(&error),
            false => Failure::Ours.logged(&error),
        }
    }
}

impl From<OpError> for Failure {
    fn from(error: OpError) -> Self {
        match error {
            OpError::Denied(denied) => denied.into(),
            OpError::Archived => Failure::Archived,
            OpError::Refused(errors) => match errors.into_iter().next() {
                Some(error) if error.code == UserErrorCode::NotConnected => Failure::NotConnected(error.message),
                Some(error) => Failure::BadArgument { field: error.field, message: error.message },
                None => Failure::Ours,
            },
            OpError::Halo(error) => {
                Failure::Halo(format!("{error}. Look at the connection's status, or try again in a few minutes."))
            }
            OpError::Storage(error) => error.into(),
            OpError::Transaction(ref cause) if is_out_of_reach(cause) => Failure::Unavailable.logged(&error),
            OpError::Transaction(_) | OpError::Sealed(_) => Failure::Ours.logged(&error),
        }
    }
}
