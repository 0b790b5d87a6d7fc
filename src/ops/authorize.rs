//! The one place where a verb asks the policy, and where the reason that support has to give is
//! checked. A verb authorises its caller before it looks at the rest of its input: a caller that
//! may not do something gets the same refusal, whatever it sends.

use super::admin::record_reads::record_refused;
use super::{OpError, Ops, Request, UserError, UserErrorCode};
use crate::auth::{Act, Caller, Denied, PartnerScope, Role, permit};
use crate::ids::PartnerId;
use crate::storage::partners;

const MAX_TEXT_CHARS: usize = 500;

/// The partner that a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Partner(PartnerId),
    /// The caller gave an id that no partner can have.
    Unknown,
    /// The caller named no partner and belongs to none.
    Unnamed,
}

impl Target {
    /// The partner that a request names by its global id, else the caller's own.
    pub fn named(id: Option<&str>, caller: &Caller) -> Self {
        match (id, caller.partner()) {
            (Some(id), _) => id.parse().map_or(Target::Unknown, Target::Partner),
            (None, Some(own)) => Target::Partner(own),
            (None, None) => Target::Unnamed,
        }
    }

    pub fn partner(self) -> Option<PartnerId> {
        match self {
            Target::Partner(partner) => Some(partner),
            Target::Unknown | Target::Unnamed => None,
        }
    }

    /// The partner that the policy decides about. `field` is the name of the argument that names
    /// it.
    pub fn partner_for(self, caller: &Caller, act: Act, field: &str) -> Result<PartnerId, OpError> {
        match self {
            Target::Partner(partner) => Ok(partner),
            _ if caller.role().belongs_to_a_partner() => Err(Denied::NotFound.into()),
            _ if !caller.may(act) => Err(Denied::Forbidden.into()),
            Target::Unknown => Err(Denied::NotFound.into()),
            Target::Unnamed => {
                let message = "Choose the partner first: you belong to none yourself.";
                let hint = "A caller without a partner of its own names one by its global id.";
                Err(UserError::new(UserErrorCode::Required, &[field], message).hint(hint).into())
            }
        }
    }
}

impl From<PartnerId> for Target {
    fn from(partner: PartnerId) -> Self {
        Target::Partner(partner)
    }
}

impl Request<'_> {
    /// Authorises a change of the partner. A partner that does not exist is answered as another
    /// partner's is; an act that support may not do leaves a row in the partner's audit log.
    pub(super) async fn authorize(
        &self,
        ops: &Ops,
        act: Act,
        target: impl Into<Target>,
    ) -> Result<PartnerScope, OpError> {
        let scope = self.authorize_read(ops, act, target).await?;
        if !self.caller.role().belongs_to_a_partner() {
            let mut db = ops.db.read(&scope).await?;
            partners::find(&mut db, &scope).await?.ok_or(Denied::NotFound)?;
        }
        self.check_reason()?;
        Ok(scope)
    }

    /// Authorises a read of the partner that needs its Halo.
    pub(super) async fn authorize_read(
        &self,
        ops: &Ops,
        act: Act,
        target: impl Into<Target>,
    ) -> Result<PartnerScope, OpError> {
        let partner = target.into().partner_for(self.caller, act, "partnerId")?;
        self.permit(ops, act, partner).await
    }

    /// Asks the policy. An act that support may not do leaves a row in the partner's audit log.
    pub async fn permit(&self, ops: &Ops, act: Act, partner: PartnerId) -> Result<PartnerScope, OpError> {
        let permitted = permit(self.caller, act, partner);
        if permitted.is_err() && self.caller.role() == Role::Support {
            record_refused(ops, self, partner, act).await?;
        }
        Ok(permitted?)
    }

    /// Support has to say why it changes something, in a text that a person can read.
    fn check_reason(&self) -> Result<(), OpError> {
        let Some(reason) = &self.reason else {
            if self.caller.role() == Role::Support {
                let message = "Give a reason in a few words. The partner can read it in its activity.";
                return Err(OpError::refused(UserErrorCode::ReasonRequired, &["reason"], message));
            }
            return Ok(());
        };
        check_text("reason", reason)
    }
}

/// Reads a text that a user has to write for other people, such as a reason. `missing` is the
/// message if there is none.
pub(super) fn required_text<'t>(field: &str, typed: &'t str, missing: &str) -> Result<&'t str, OpError> {
    let text = typed.trim();
    if text.is_empty() {
        return Err(OpError::refused(UserErrorCode::Required, &[field], missing));
    }
    check_text(field, text)?;
    Ok(text)
}

/// Whether a person can read the text. It may have several lines.
fn check_text(field: &str, text: &str) -> Result<(), OpError> {
    if text.chars().count() > MAX_TEXT_CHARS {
        let message = format!("The {field} is too long. Use at most {MAX_TEXT_CHARS} characters.");
        return Err(OpError::refused(UserErrorCode::TooLong, &[field], message));
    }
    if text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        let message = format!("The {field} has a control character. Remove it.");
        return Err(OpError::refused(UserErrorCode::Invalid, &[field], message));
    }
    Ok(())
}
