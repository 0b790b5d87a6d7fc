//! The table of checks: each is one statement of docs/halo-api.md that a request can test.

/// One statement about Halo, and how the probe tests it.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// The id, by which docs/halo-api.md and the report name the check.
    pub id: &'static str,
    /// The section of docs/halo-api.md.
    pub section: &'static str,
    /// The statement.
    pub statement: &'static str,
    /// The request that tests the statement.
    pub method: &'static str,
    /// Whether testing it writes to Halo.
    pub writes: bool,
}

const fn read(id: &'static str, section: &'static str, statement: &'static str, method: &'static str) -> Check {
    Check { id, section, statement, method, writes: false }
}

const fn write(id: &'static str, section: &'static str, statement: &'static str, method: &'static str) -> Check {
    Check { id, section, statement, method, writes: true }
}

/// Every check, in the order in which the probe makes them.
pub const CHECKS: &[Check] = &[
    read(
        "discovery.authinfo",
        "1",
        "Without a token, /api/authinfo shows auth_url and tenant_id.",
        "GET /api/authinfo",
    ),
    read("discovery.auth-url", "11.24", "auth_url is on the host that the user typed.", "GET /api/authinfo"),
    read(
        "discovery.instance-info",
        "1",
        "Newer builds show app_version and auth_url without a token.",
        "GET /api/InstanceInfo",
    ),
    read("token.address", "1", "Tokens are issued at /auth/token.", "POST to each token address"),
    read(
        "token.answer",
        "2, 11.25",
        "A token answer has access_token, token_type Bearer and expires_in as a number.",
        "POST with the guide's scopes",
    ),
    read("token.scopes", "2", "The answer's scope names the granted scopes.", "POST with the guide's scopes"),
    read("token.tenant", "11.14", "The tenant parameter is optional.", "POST without the tenant parameter"),
    read("token.wrong-secret", "2", "A wrong secret is answered 401, invalid_client.", "POST with a made-up secret"),
    read("token.unknown-scope", "2", "An unknown scope is answered 400, invalid_scope.", "POST with read:doesnotexist"),
    read(
        "token.ungranted-scope",
        "11.9",
        "A scope that the application lacks gives invalid_scope, invalid_request or a token with fewer scopes.",
        "POST with edit:timesheets added",
    ),
    read(
        "token.no-scope",
        "2",
        "A token requested without a scope is good for nothing.",
        "POST without scope, then GET /api/Client",
    ),
    read("paths.case", "1", "Paths are not case-sensitive.", "GET /api/client"),
    read(
        "customers.envelope",
        "3, 11.23",
        "A list is an envelope: record_count, page_no, page_size, and the rows under clients.",
        "GET /api/Client",
    ),
    read("customers.row", "3", "A customer row has id, name, toplevel_id and inactive.", "GET /api/Client"),
    read("customers.page-cap", "11.22", "A page has at most 100 rows.", "GET /api/Client with page_size=1000"),
    read("customers.paging", "7", "page_size and page_no are obeyed.", "GET two pages of one customer"),
    read("customers.record-count", "11.22", "record_count counts the rows of all pages.", "GET a page of one customer"),
    read("customers.order", "7", "order=id sorts by id.", "GET /api/Client with order=id"),
    read("customers.inactive", "11.6", "Inactive customers come only on request.", "GET with includeinactive=false"),
    read(
        "customers.search",
        "11.17",
        "search finds a part of a name, in either case.",
        "GET with the middle of a customer's name, in capitals",
    ),
    read(
        "customers.record",
        "3",
        "A record has every member of its list row, with the same value.",
        "GET /api/Client/{id}",
    ),
    read("customers.unknown-id", "11.7", "An unknown id is answered 404.", "GET /api/Client/2147483000"),
    read("licences.read", "11.10", "edit:softwarelicensing includes reading.", "GET /api/SoftwareLicence"),
    read("licences.envelope", "4.3", "The rows are under licences, with record_count.", "GET /api/SoftwareLicence"),
    read("licences.types", "11.3", "Every row has a whole number as type; 1 is a subscription.", "the same rows"),
    read("licences.count", "11.16", "count is a whole number.", "the same rows"),
    read("licences.inactive", "11.6", "Inactive rows come only on request.", "GET with includeinactive=false"),
    read("licences.filter", "4.3", "client_id selects one customer's rows.", "GET with client_id"),
    read("licences.unknown-parameter", "4.3", "An unknown parameter is ignored.", "GET with clientid, misspelt"),
    read("licences.record", "4.4", "A record has every member of its list row, with the same value.", "GET one record"),
    read("licences.unknown-id", "11.7", "An unknown id is answered 404.", "GET /api/SoftwareLicence/2147483000"),
    read("licences.bad-id", "4.3", "An id that is not a number is answered 400.", "GET /api/SoftwareLicence/probe"),
    read("licences.changes", "4.2", "The audit trail is under changes.", "GET /api/LicenceChange"),
    read(
        "invoices.read",
        "11.11",
        "Recurring invoices are answered 200, or 403 without the agent's Invoices level.",
        "GET /api/RecurringInvoice",
    ),
    read("invoices.envelope", "6", "The rows are under invoices.", "GET /api/RecurringInvoice"),
    read("invoices.ids", "6", "Ids of recurring invoices are negative.", "the same rows"),
    read(
        "invoices.lines",
        "6",
        "includelines=true shows an invoice's lines in the list.",
        "list compared with a record",
    ),
    read("invoices.links", "6", "A line names its subscriptions by licence_id.", "the same lines"),
    read("limits.headers", "11.12", "No answer has a rate-limit header.", "the headers of every answer"),
    read("limits.rate", "11.13", "Halo accepts the probe's requests without a 429.", "the status of every answer"),
    read("answers.sizes", "3", "A customer row has about 1.5 KB, far below 20 KB.", "the sizes of the answers"),
    read("answers.latency", "7", "Halo answers within 30 seconds.", "the time of every answer"),
    write("write.create", "11.4", "A create needs no more than this integration sends.", "POST without id"),
    write("write.answer", "11.2", "A create is answered 201 with the record as an object.", "POST without id"),
    write("write.stored", "4.5", "A new record has what was sent.", "GET the new record"),
    write("write.active", "11.5", "A new subscription is active.", "GET the new record"),
    write("write.marker", "11.19", "The marker in product_sku is stored.", "GET the new record"),
    write("write.listed", "4.3", "The new record is in the customer's list.", "GET with client_id"),
    write(
        "write.merge",
        "11.1",
        "An update changes the quantity and no other member.",
        "POST two quantities, compare every member each time",
    ),
    write("write.zero", "11.15", "A quantity of 0 is stored, and the record stays active.", "POST the quantity 0"),
];
