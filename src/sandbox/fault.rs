//! The catalogue of faults, and of the answers that are unknown of Halo (docs/halo-api.md, sections
//! 7 and 11). Both are in one catalogue, because an unknown answer is a fault that lasts.

use serde::{Deserialize, Serialize};
use strum::{EnumMessage, IntoEnumIterator};

use super::{records::Member, request_log::Call};

/// One thing that goes wrong or differs. In the names, `Before` means that the request has no
/// effect, and `After` that the request has its effect and the client does not learn of it. The
/// documentation of a variant is its text in the sandbox's catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, strum::EnumIter, strum::EnumMessage)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// 500 with an empty body; nothing was done.
    ServerErrorBefore,
    /// 500 with a .NET exception object; it was done.
    ServerErrorAfter,
    /// 502 with HTML; nothing was done.
    BadGateway,
    /// 503 maintenance page; nothing was done.
    Maintenance,
    /// 504 from a gateway; nothing was done.
    GatewayTimeoutBefore,
    /// 504 from a gateway; it was done.
    GatewayTimeoutAfter,
    /// The connection is closed without an answer; nothing was done.
    CutBefore,
    /// The connection is closed without an answer; it was done.
    CutAfter,
    /// The connection is closed in the middle of the answer; it was done.
    CutHalfway,
    /// No answer, and nothing done, until released.
    HeldBefore,
    /// It was done at once; no answer until released.
    HeldAfter,
    /// A create is answered 504; the record appears only after the list was read again.
    AppearsAfterLook,
    /// A create is answered 504; the record appears after so many seconds of the sandbox's clock.
    AppearsAfterSeconds(u32),
    /// The answer is well-formed HTTP with half of the JSON.
    TruncatedJson,
    /// 200 with an HTML login page; nothing was done.
    HtmlOk,
    /// 302 to a login page; nothing was done.
    RedirectToLogin,
    /// 307 to a cloud's metadata address; nothing was done.
    RedirectElsewhere,
    /// 200 with JSON of another shape; nothing was done.
    WrongShape,
    /// 200 with an error inside; nothing was done.
    ErrorInsideOk,
    /// 200 with JSON nested a hundred thousand deep.
    DeepJson,
    /// 200 with a body of 64 megabytes.
    HugeAnswer,
    /// 429 with Retry-After in seconds.
    RateLimitedSeconds(u32),
    /// 429 with Retry-After as an HTTP date, so many seconds from now.
    RateLimitedDate(u32),
    /// 429 without Retry-After, its body a JSON string.
    RateLimitedSilent,
    /// 401 with an empty body, whatever the token.
    Unauthorized,
    /// 403 with an empty body.
    Forbidden,
    /// Every page is full of new rows, and there is always one more.
    EndlessPage,
    /// Every page is the first one, though there should be more.
    RepeatedPage,
    /// A list leaves out one record: the one with this id, or its last row where the number is 0.
    RowMissing(i32),
    /// A list shows one subscription without its customer: the one with this id, or its last row
    /// where the number is 0.
    RowWithoutCustomer(i32),
    /// A list is empty, as for an agent whose team sees nothing.
    EmptyList,
    /// A list has no `record_count`.
    NoRecordCount,
    /// A list's `record_count` is the number of rows on the page.
    CountOfPage,
    /// A list's `record_count` is ten times as many rows as there are.
    CountTooHigh,
    /// Recurring invoices are listed with empty lines, whatever is asked.
    InvoiceLinesEmpty,
    /// Recurring invoices are listed without their lines, whatever is asked.
    InvoiceLinesLeftOut,
    /// Recurring invoices are listed with lines that do not show where their quantities come from.
    InvoiceLinksLeftOut,
    /// A list of subscriptions leaves out prices, dates and links, and shortens notes.
    RowsShortened,
    /// A list of subscriptions shows the product's price and a longer name.
    RowsDiffer,
    /// A list of subscriptions leaves out vendor and product code.
    RowsWithoutMarker,
    /// A list of subscriptions shows vendor and product code as blank.
    RowsWithBlankMarker,
    /// A list is a bare array without an envelope.
    BareArray,
    /// A single record comes as an array of one.
    SingleAsArray,
    /// Customers' logos are large.
    LargeLogos,
    /// The logo of the customer with this id has a megabyte and a half.
    HugeLogo(i32),
    /// `count` is an integer: 5.
    CountAsInteger,
    /// `count` is text: "5".
    CountAsText,
    /// `count` is not whole: 5.5.
    CountAsFraction,
    /// A write is answered with an array of one.
    AnswerAsArray,
    /// A write is answered 200 instead of 201.
    AnswerOk,
    /// A write is answered 201 with an empty body.
    AnswerEmpty,
    /// A write is answered with an object that has no id.
    AnswerWithoutId,
    /// A write is answered with a `_warning` beside the record.
    AnswerWithWarning,
    /// A write is answered with the id, the customer and the count alone.
    AnswerShortened,
    /// Subscriptions show members that no document names (custom fields, a total, the time of the
    /// last change), and prices as text.
    UnlistedMembers,
    /// A deleted or unknown id is read as 200 with `deleted: true`.
    GoneAsDeleted,
    /// A deleted or unknown id is read as 200 with an empty body.
    GoneAsEmpty,
    /// A deleted or unknown id is read as 200 with `null`.
    GoneAsNull,
    /// A deleted or unknown id is read as 404 with .NET's problem body.
    GoneAsProblem,
    /// A deleted or unknown id is read as 400.
    GoneAsBadRequest,
    /// A deleted or unknown id is read as 401 with an empty body.
    GoneAsUnauthorized,
    /// A deleted or unknown id is read as 403 with an empty body.
    GoneAsForbidden,
    /// Deleted records stay in lists that include inactive ones, flagged.
    DeletedListed,
    /// Lists include inactive records without being asked.
    InactiveListed,
    /// A write to an unknown id makes a new row with another id.
    UnknownIdMakesRow,
    /// A write to an unknown id is answered 201 and does nothing.
    UnknownIdIgnored,
    /// A write to an unknown id is answered 400.
    UnknownIdAsBadRequest,
    /// A write to an unknown id is answered 500.
    UnknownIdAsServerError,
    /// An update replaces the record: what was not sent is blank.
    ReplacesOnUpdate,
    /// An update also resets a member that was not sent.
    MemberReset(Member),
    /// An update makes a new row and leaves the record as it was.
    UpdateMakesRow,
    /// An update is answered as usual and its count is not stored.
    CountNotKept,
    /// The partner renames and reprices the subscription in the moment of the update.
    PartnerEditsMeanwhile,
    /// An update without a change makes an audit row all the same.
    NoChangeAudited,
    /// Product codes and foreign ids are not stored.
    MarkerNotKept,
    /// A new subscription starts inactive.
    StartsInactive,
    /// A create is refused with a bare JSON string.
    RefusedAsText,
    /// A create is refused with a validation dictionary.
    RefusedAsDictionary,
    /// A create is refused with `{"error": …}`.
    RefusedAsError,
    /// A create is refused with `{"Message": …}`.
    RefusedAsMessage,
    /// A create is refused with a .NET exception object.
    RefusedAsException,
    /// A create without a site is refused.
    SiteRequired,
    /// A create is answered 500 with the database's exception; nothing was stored.
    CreateFails,
    /// A count of 0 is refused.
    ZeroRefused,
    /// A count of 0 makes the subscription inactive.
    ZeroDeactivates,
    /// A write to an inactive subscription is refused.
    InactiveRefused,
    /// The application is of the wrong type: the token request is refused with
    /// `unauthorized_client`.
    ClientNotAllowed,
    /// A scope the application lacks: the token request is refused with `invalid_scope`.
    ScopeAsInvalidScope,
    /// A scope the application lacks: the token request is refused with `invalid_request`.
    ScopeAsInvalidRequest,
    /// `edit:` does not include reading.
    EditDoesNotRead,
    /// Licensing switched off is answered 401 instead of 403.
    LicensingOffAsUnauthorized,
    /// Licensing switched off is answered 404 instead of 403.
    LicensingOffAsNotFound,
    /// Licensing switched off is answered with empty lists.
    LicensingOffAsEmpty,
    /// The token answer has no `expires_in`.
    TokenWithoutLifetime,
    /// The token answer has `expires_in` as text.
    TokenLifetimeAsText,
    /// The token says and lives so many seconds.
    TokenLives(u32),
    /// The token dies after so many seconds, though it says otherwise.
    TokenDiesAfter(u32),
    /// The token answer has no `scope`.
    TokenWithoutScope,
    /// A token request that names the tenant is answered 500, as on an own host.
    TenantHarmful,
    /// A token request that does not name the tenant is answered 500.
    TenantNeeded,
    /// Discovery has no `tenant_id`.
    DiscoveryWithoutTenant,
    /// Discovery names another tenant: another Halo answers at this address now.
    DiscoveryOfAnother,
    /// Discovery has no `auth_url`.
    DiscoveryWithoutAuthUrl,
    /// Discovery's `auth_url` has no path.
    AuthUrlWithoutPath,
    /// Tokens are issued at `/token` and not at `/auth/token`.
    TokenAtRoot,
    /// Tokens are issued at no known path.
    TokenNowhere,
    /// Discovery's `auth_url` is on another host.
    AuthUrlElsewhere,
    /// A search finds only customers whose name starts with it.
    SearchStartsWith,
    /// A search minds upper and lower case.
    SearchMindsCase,
}

/// How long a fault stays armed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lasting {
    /// For one request.
    #[default]
    Once,
    /// Until [`super::Tenant::clear_faults`].
    Sticky,
}

/// Which requests a fault is for. Every condition given must hold; a fault is only ever applied to
/// requests it can be about (a `count` as text to answers with a count, and so on).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Matching {
    pub call: Option<Call>,
    /// The id in the path or in the body.
    pub id: Option<i32>,
    /// The customer in the query or in the body.
    pub client_id: Option<i32>,
    /// 1 is the next such request, 2 the one after it.
    pub nth: u32,
}

impl Default for Matching {
    fn default() -> Self {
        Self { call: None, id: None, client_id: None, nth: 1 }
    }
}

impl Matching {
    /// Any request the fault can be about.
    pub fn any() -> Self {
        Self::default()
    }

    pub fn call(call: Call) -> Self {
        Self { call: Some(call), ..Self::default() }
    }

    pub fn nth(self, nth: u32) -> Self {
        Self { nth, ..self }
    }

    pub fn id(self, id: i32) -> Self {
        Self { id: Some(id), ..self }
    }

    pub fn client_id(self, client_id: i32) -> Self {
        Self { client_id: Some(client_id), ..self }
    }
}

/// An armed fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Armed {
    pub fault: Fault,
    pub matching: Matching,
    pub lasting: Lasting,
    /// How many requests a sticky fault took part in.
    #[serde(default)]
    pub used: u64,
}

/// The faults that take part in one request.
#[derive(Clone, Default)]
pub(super) struct Faults(pub Vec<Fault>);

impl Faults {
    pub(super) fn has(&self, fault: Fault) -> bool {
        self.0.contains(&fault)
    }
}

impl Fault {
    /// Returns each fault once, with a sensible number where a fault takes one.
    pub fn all() -> impl Iterator<Item = Fault> {
        Fault::iter().map(|fault| match fault {
            Fault::AppearsAfterSeconds(_) => Fault::AppearsAfterSeconds(60),
            Fault::RateLimitedSeconds(_) => Fault::RateLimitedSeconds(7),
            Fault::RateLimitedDate(_) => Fault::RateLimitedDate(90),
            Fault::TokenLives(_) => Fault::TokenLives(30),
            Fault::HugeLogo(_) => Fault::HugeLogo(42),
            fault => fault,
        })
    }

    /// Returns what the fault does, in a sentence.
    pub fn meaning(&self) -> String {
        // Comments wrap, a sentence does not.
        self.get_documentation().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Whether a request of this kind can show the fault.
    pub fn can_be_about(self, call: Call) -> bool {
        use Call::*;
        use Fault::*;
        let subscription_shown = matches!(call, SubscriptionList | SubscriptionSingle | Create | Update);
        match self {
            AppearsAfterLook
            | AppearsAfterSeconds(_)
            | StartsInactive
            | RefusedAsText
            | RefusedAsDictionary
            | RefusedAsError
            | RefusedAsMessage
            | RefusedAsException
            | SiteRequired
            | CreateFails => call == Create,
            EndlessPage | RepeatedPage | RowMissing(_) | EmptyList | NoRecordCount | CountOfPage | CountTooHigh
            | BareArray => call.is_list(),
            SingleAsArray => matches!(call, CustomerSingle | SubscriptionSingle | InvoiceSingle),
            LargeLogos | HugeLogo(_) => matches!(call, CustomerList | CustomerSingle),
            CountAsInteger | CountAsText | CountAsFraction | UnlistedMembers => subscription_shown,
            AnswerAsArray | AnswerOk | AnswerEmpty | AnswerWithoutId | AnswerWithWarning | AnswerShortened
            | MarkerNotKept | ZeroRefused | ZeroDeactivates => matches!(call, Create | Update),
            GoneAsDeleted | GoneAsEmpty | GoneAsNull | GoneAsProblem | GoneAsBadRequest | GoneAsUnauthorized
            | GoneAsForbidden => {
                matches!(call, CustomerSingle | SubscriptionSingle)
            }
            InvoiceLinesEmpty | InvoiceLinesLeftOut | InvoiceLinksLeftOut => call == InvoiceList,
            DeletedListed
            | RowWithoutCustomer(_)
            | RowsShortened
            | RowsDiffer
            | RowsWithoutMarker
            | RowsWithBlankMarker => call == SubscriptionList,
            InactiveListed => matches!(call, CustomerList | SubscriptionList),
            UnknownIdMakesRow
            | UnknownIdIgnored
            | UnknownIdAsBadRequest
            | UnknownIdAsServerError
            | ReplacesOnUpdate
            | MemberReset(_)
            | UpdateMakesRow
            | CountNotKept
            | PartnerEditsMeanwhile
            | NoChangeAudited
            | InactiveRefused => call == Update,
            ClientNotAllowed
            | ScopeAsInvalidScope
            | ScopeAsInvalidRequest
            | TokenWithoutLifetime
            | TokenLifetimeAsText
            | TokenLives(_)
            | TokenDiesAfter(_)
            | TokenWithoutScope
            | TokenAtRoot
            | TokenNowhere
            | TenantHarmful
            | TenantNeeded => call == Token,
            DiscoveryWithoutTenant
            | DiscoveryOfAnother
            | DiscoveryWithoutAuthUrl
            | AuthUrlWithoutPath
            | AuthUrlElsewhere => call == Discovery,
            SearchStartsWith | SearchMindsCase => call == CustomerList,
            LicensingOffAsUnauthorized | LicensingOffAsNotFound => {
                subscription_shown || matches!(call, Delete | ChangeList)
            }
            LicensingOffAsEmpty => matches!(call, SubscriptionList | ChangeList),
            EditDoesNotRead | Unauthorized | Forbidden => !matches!(call, Token | Discovery | InstanceInfo),
            ServerErrorBefore
            | ServerErrorAfter
            | BadGateway
            | Maintenance
            | GatewayTimeoutBefore
            | GatewayTimeoutAfter
            | CutBefore
            | CutAfter
            | CutHalfway
            | HeldBefore
            | HeldAfter
            | TruncatedJson
            | HtmlOk
            | RedirectToLogin
            | RedirectElsewhere
            | WrongShape
            | ErrorInsideOk
            | DeepJson
            | HugeAnswer
            | RateLimitedSeconds(_)
            | RateLimitedDate(_)
            | RateLimitedSilent => true,
        }
    }
}
