//! What can go wrong with Halo, named by what to do next.

use std::time::Duration;

use super::Permission;

/// One thing that went wrong. Every text in here is sanitised: no secret, no token, no body of an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HaloError {
    /// New credentials are needed. Halo answers alike when the Client ID or Secret is wrong, the application was deleted or
    /// made inactive, and the agent was deleted.
    #[error("Halo does not accept the Client ID and Client Secret")]
    CredentialsRejected,
    /// The partner has to grant this in Halo.
    #[error("Halo does not permit this: {0} is missing")]
    PermissionDenied(Permission),
    /// This Halo has no list of subscriptions at all. Most that have Software Licencing switched off say
    /// `PermissionDenied(AgentSoftwareLicencing)` instead; they cannot be told from a missing level.
    #[error("Software Licencing is switched off in this Halo")]
    LicensingOff,
    /// The record does not exist. Only for calls that name a record.
    #[error("Halo does not know this record")]
    NotFound,
    /// Come back after `wait`; no attempt was spent.
    #[error("Halo's request limit is used up, for another {} s", wait.as_secs())]
    RateLimited { wait: Duration, by: LimitedBy },
    /// Transient: no answer, a server error, or something that is not Halo's JSON. Try again later.
    #[error("Halo cannot be reached at the moment")]
    Unavailable(String),
    /// Halo answered JSON of a shape that is not understood. Trying again will not help; somebody has to look.
    #[error("Halo's answer was not understood")]
    NotUnderstood(String),
    /// Halo refused what was sent, for the reason it gave.
    #[error("Halo refused: {reason}")]
    Rejected { reason: String },
    /// There is something at this address, but it is not a Halo. Only the connection check says this; elsewhere it is
    /// `Unavailable`, because a Halo in maintenance does not look like one either.
    #[error("there is no Halo at this address")]
    NotHalo,
    /// The address is not one that may be called.
    #[error("this address may not be called")]
    Blocked,
    /// Our own budget could not be asked. Nothing was sent.
    #[error("the request budget could not be asked")]
    BudgetUnavailable,
    /// The caller's deadline came before the request could be sent. Nothing was sent.
    #[error("there was no time left to send the request")]
    DeadlinePassed,
}

/// Who said to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitedBy {
    /// Halo answered 429.
    Halo,
    /// Our own budget, kept below Halo's limit.
    OurBudget,
}

impl HaloError {
    /// What support needs to see, sanitised.
    pub fn evidence(&self) -> String {
        match self {
            HaloError::CredentialsRejected => "the token endpoint refused the client".into(),
            HaloError::PermissionDenied(permission) => format!("refused for want of {permission}"),
            HaloError::RateLimited { wait, by: LimitedBy::Halo } => format!("429, wait {} s", wait.as_secs()),
            HaloError::RateLimited { wait, by: LimitedBy::OurBudget } => {
                format!("held back by our own budget, wait {} s", wait.as_secs())
            }
            HaloError::Unavailable(seen) | HaloError::NotUnderstood(seen) => seen.clone(),
            HaloError::Rejected { reason } => format!("refused: {reason}"),
            HaloError::LicensingOff
            | HaloError::NotFound
            | HaloError::NotHalo
            | HaloError::Blocked
            | HaloError::BudgetUnavailable
            | HaloError::DeadlinePassed => self.to_string(),
        }
    }
}

/// Why a write was not carried out as it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// Halo certainly did nothing: the request was never sent, or Halo said no.
    #[error("not done: {0}")]
    Refused(HaloError),
    /// Halo may have done it, or may be about to. Look for it until the settle time is over; a create is never just sent
    /// again.
    #[error("possibly done: {0}")]
    Doubtful(HaloError),
}
