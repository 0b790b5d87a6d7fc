//! Errors of Halo, named by what to do next.

use std::time::Duration;

use crate::domain::guide::Permission;
use crate::domain::problem::UnusableAnswer;
use crate::net::StatusCode;

/// An error of Halo. Every text in it is sanitised: no secret, no token, no body of an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HaloError {
    /// New credentials are needed. Halo answers alike for a wrong Client ID or Secret, a deleted or
    /// inactive application, and a deleted agent.
    #[error("Halo does not accept the Client ID and Client Secret")]
    CredentialsRejected,
    /// The partner has to grant this permission in Halo.
    #[error("Halo does not permit this: {} is missing", .0.label())]
    PermissionDenied(Permission),
    /// Halo permits the read, shows none of several known records, and its list is empty: the
    /// module is switched off, or the agent sees nothing of it. The permission is the likeliest one
    /// to be missing.
    #[error("Halo shows nothing at all: {} may be missing", .0.label())]
    NothingVisible(Permission),
    /// This Halo has no list of subscriptions at all. Most tenants with Software Licencing switched
    /// off answer `PermissionDenied(AgentSoftwareLicencing)` instead; they cannot be distinguished
    /// from a missing level.
    #[error("Software Licencing is switched off in this Halo")]
    LicensingOff,
    /// The record does not exist. Only requests that name a record return this error.
    #[error("Halo does not know this record")]
    NotFound,
    /// The request may be sent again after `wait`; no attempt was spent.
    #[error("Halo's request limit is used up, for another {} s", wait.as_secs())]
    RateLimited { wait: Duration, by: LimitedBy },
    /// Transient: the address could not be reached, the connection was cut, or the time ran out.
    #[error("Halo did not answer")]
    NoAnswer,
    /// Transient: something answered in place of Halo's API, or a list became shorter each time it
    /// was read. Try again later.
    #[error("Halo's API is not available at the moment: {evidence}")]
    Unavailable { answer: UnusableAnswer, evidence: String },
    /// Halo answered JSON of an unknown shape. A retry does not help; support has to investigate.
    #[error("Halo's answer was not understood")]
    NotUnderstood(String),
    /// Halo's answer is larger than this integration reads. A list is read in smaller pages before
    /// this error is returned; a retry does not help.
    #[error("Halo's answer is too large")]
    AnswerTooLarge(String),
    /// Halo refused the request for the reason it gave.
    #[error("Halo refused: {reason}")]
    Rejected { reason: String },
    /// The address answers and is not a Halo. Only the connection check returns this error;
    /// elsewhere it is `Unavailable`, because a Halo in maintenance does not look like a Halo
    /// either.
    #[error("there is no Halo at this address")]
    NotHalo,
    /// Halo answers, and issues tokens at none of these addresses. Only the connection check
    /// returns this error; elsewhere it is `Unavailable`, as for `NotHalo`.
    #[error("Halo issues no tokens at {}", tried.join(", "))]
    NoTokenAddress { tried: Vec<String> },
    /// The address may not be called.
    #[error("this address may not be called")]
    Blocked,
    /// Our own budget could not be read. Nothing was sent.
    #[error("the request budget could not be asked")]
    BudgetUnavailable,
    /// The caller's deadline came before the request could be sent. Nothing was sent.
    #[error("there was no time left to send the request")]
    DeadlinePassed,
}

/// The party that limits requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitedBy {
    /// Halo answered 429, to this request or to an earlier one whose pause is not over.
    Halo,
    /// Our own budget, kept below Halo's limit.
    OurBudget,
}

impl HaloError {
    /// An answer with this status in place of Halo's API.
    pub(super) fn unavailable(status: StatusCode, evidence: String) -> Self {
        let is_server_error = status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT;
        let answer = match is_server_error {
            true => UnusableAnswer::ServerError { status: status.as_u16() },
            false => UnusableAnswer::NotApi,
        };
        HaloError::Unavailable { answer, evidence }
    }

    /// A successful answer that is not Halo's.
    pub fn not_api(evidence: impl Into<String>) -> Self {
        HaloError::Unavailable { answer: UnusableAnswer::NotApi, evidence: evidence.into() }
    }

    /// Returns what support needs to see, sanitised.
    pub fn evidence(&self) -> String {
        match self {
            HaloError::CredentialsRejected => "the token endpoint refused the client".into(),
            HaloError::PermissionDenied(permission) => format!("refused for want of {}", permission.label()),
            HaloError::NothingVisible(permission) => format!("empty lists, perhaps for want of {}", permission.label()),
            HaloError::RateLimited { wait, by: LimitedBy::Halo } => format!("429, wait {} s", wait.as_secs()),
            HaloError::RateLimited { wait, by: LimitedBy::OurBudget } => {
                format!("held back by our own budget, wait {} s", wait.as_secs())
            }
            HaloError::Unavailable { evidence: seen, .. }
            | HaloError::NotUnderstood(seen)
            | HaloError::AnswerTooLarge(seen) => seen.clone(),
            // One text for a closed port, a cut connection and a time-out: it reveals nothing about
            // the network.
            HaloError::NoAnswer => "no answer from this address".into(),
            HaloError::Rejected { reason } => format!("refused: {reason}"),
            HaloError::NoTokenAddress { .. } => "no address issues tokens".into(),
            HaloError::LicensingOff
            | HaloError::NotFound
            | HaloError::NotHalo
            | HaloError::Blocked
            | HaloError::BudgetUnavailable
            | HaloError::DeadlinePassed => self.to_string(),
        }
    }
}

/// Why a write did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// Halo certainly did nothing: the request was never sent, or Halo refused it.
    #[error("not done: {0}")]
    Refused(HaloError),
    /// Halo answered that it could not store the record, for this reason of its own, and may have
    /// stored it all the same.
    #[error("probably not done: {reason}")]
    Failed { reason: String, error: HaloError },
    /// Halo may have done it, or may do it soon. The caller looks for the record until the
    /// create-confirmation timeout is over; a create is never just sent again.
    #[error("possibly done: {0}")]
    Doubtful(HaloError),
}
