// Every code of an error or problem, and what the interface should do about it. Exhaustive by type:
// a new code of the schema does not compile until it has a line here.
import { errorMeanings, problemMeanings, userErrorMeanings } from "./generated/codes.js";
import type { HaloProblemCode, UserErrorCode } from "./generated/graphql.js";

/** What `extensions.code` of an error beside `data` can be. */
export type ErrorCode = keyof typeof errorMeanings;

/** What the interface should do. */
export type Handling =
  /** Show the message at the field that `field` (or `extensions.field`) names. */
  | "show-at-field"
  /** Show the message where the action was started. */
  | "show"
  /** Ask the user for a decision, then send the operation again with it. */
  | "ask"
  /** Load the data again: what is shown is outdated. */
  | "reload"
  /** Offer to try again: after `extensions.retryAfter` seconds if present, else after a minute. */
  | "retry"
  /** Show that INFIMA continues automatically; the user has nothing to do. */
  | "wait"
  /** Lead to the connection form. */
  | "open-connection-form"
  /**
   * Lead to the partner's Halo: `guideStep` names the heading of the guide, and `guideUrl` leads
   * there.
   */
  | "open-halo"
  /** Sign in again, then repeat the operation. */
  | "sign-in"
  /** Reload the frontend: its contract is not the server's. */
  | "update"
  /** Show how to contact INFIMA's support, with `extensions.requestId` if present. */
  | "contact-support"
  /** Report a bug of the frontend. */
  | "report";

const userErrorHandling: { readonly [Code in UserErrorCode]: Handling } = {
  ADDRESS_BLOCKED: "show-at-field",
  ALREADY_ASSOCIATED: "ask",
  ASSOCIATION_ENDING: "reload",
  ASSOCIATION_NOT_FOUND: "reload",
  BELONGS_TO_ANOTHER_PARTNER: "report",
  CLIENT_ARCHIVED: "reload",
  CLIENT_ASSOCIATED: "reload",
  CLIENT_EXCLUDED: "reload",
  CLIENT_NOT_ASSOCIATED: "reload",
  CLIENT_NOT_FOUND: "reload",
  CLIENT_SECRET_REQUIRED: "show-at-field",
  CONNECTION_CHANGED: "reload",
  CREDENTIALS_REJECTED: "show-at-field",
  CUSTOMER_ALREADY_ASSOCIATED: "ask",
  DUPLICATE: "show-at-field",
  HALO_ANSWER_NOT_UNDERSTOOD: "contact-support",
  HALO_ANSWER_TOO_LARGE: "contact-support",
  HALO_CUSTOMER_INACTIVE: "show-at-field",
  HALO_CUSTOMER_NOT_FOUND: "show-at-field",
  HALO_BUDGET_EXHAUSTED: "retry",
  HALO_RATE_LIMITED: "retry",
  HALO_REQUEST_REFUSED: "open-halo",
  HALO_UNAVAILABLE: "retry",
  HALO_UNREACHABLE: "retry",
  HALO_URL_INVALID: "show-at-field",
  INVALID: "show-at-field",
  LAST_WEBHOOK_SECRET: "show",
  LICENSING_OFF: "open-halo",
  NOTHING_TO_RESOLVE: "reload",
  NOT_A_HALO_ADDRESS: "show-at-field",
  NOT_CONNECTED: "open-connection-form",
  NO_ASSOCIATIONS: "show",
  OWNER_UNKNOWN: "report",
  PERMISSION_MISSING: "open-halo",
  PROBLEM_CLOSED: "reload",
  PROBLEM_NOT_FOUND: "reload",
  REASON_REQUIRED: "ask",
  REQUEST_NOT_SENT: "retry",
  REQUIRED: "show-at-field",
  SUBSCRIPTION_NOT_A_CANDIDATE: "show-at-field",
  SUBSCRIPTION_NOT_DELETED: "reload",
  TENANT_CHANGED: "ask",
  TOO_LONG: "show-at-field",
  SYNC_PAUSED: "show",
  TOO_MANY: "show",
  TOO_MANY_ATTEMPTS: "retry",
  WEBHOOK_DELIVERY_NOT_FOUND: "reload",
  WEBHOOK_DISABLED: "reload",
  WEBHOOK_NOT_FOUND: "reload",
  WEBHOOK_SECRET_NOT_FOUND: "reload",
  WEBHOOK_URL_INVALID: "show-at-field",
};

const problemHandling: { readonly [Code in HaloProblemCode]: Handling } = {
  ADDRESS_BLOCKED: "open-connection-form",
  AMBIGUOUS_RECOVERY: "ask",
  ANSWER_NOT_UNDERSTOOD: "contact-support",
  ANSWER_TOO_LARGE: "contact-support",
  BUDGET_EXHAUSTED: "wait",
  CREATE_REFUSED: "open-halo",
  CREATE_UNCONFIRMED: "wait",
  CREDENTIALS_REJECTED: "open-connection-form",
  CUSTOMER_DELETED: "ask",
  CUSTOMER_INACTIVE: "open-halo",
  CUSTOMER_MERGED: "ask",
  CUSTOMERS_NOT_VISIBLE: "open-halo",
  DUPLICATE_SUBSCRIPTION: "open-halo",
  FIELDS_CHANGED: "show",
  FIELDS_OVERWRITTEN: "ask",
  HALO_UNAVAILABLE: "wait",
  HALO_UNREACHABLE: "wait",
  INTERNAL_FAULT: "contact-support",
  LICENSING_OFF: "open-halo",
  NOT_A_HALO_ADDRESS: "open-connection-form",
  PERMISSION_MISSING: "open-halo",
  QUANTITY_CHANGED_IN_HALO: "show",
  QUANTITY_FELL: "show",
  QUANTITY_HELD: "ask",
  QUANTITY_REFUSED: "open-halo",
  RATE_LIMITED: "wait",
  REQUEST_NOT_SENT: "wait",
  REQUEST_REFUSED: "open-halo",
  SUBSCRIPTION_DELETED: "ask",
  SUBSCRIPTION_EXISTS: "ask",
  SUBSCRIPTION_INACTIVE: "open-halo",
  SUBSCRIPTION_MOVED: "show",
  SUBSCRIPTION_NOT_VISIBLE: "open-halo",
  TENANT_CHANGED: "ask",
};

const errorHandling: { readonly [Code in ErrorCode]: Handling } = {
  BAD_REQUEST: "report",
  BAD_USER_INPUT: "show-at-field",
  DOCUMENT_NOT_TRUSTED: "update",
  FORBIDDEN: "show",
  GRAPHQL_PARSE_FAILED: "report",
  GRAPHQL_VALIDATION_FAILED: "update",
  HALO_ADDRESS_WRONG: "open-connection-form",
  HALO_ANSWER_NOT_UNDERSTOOD: "contact-support",
  HALO_ANSWER_TOO_LARGE: "contact-support",
  HALO_BUDGET_EXHAUSTED: "retry",
  HALO_CREDENTIALS_REJECTED: "open-connection-form",
  HALO_LICENSING_OFF: "open-halo",
  HALO_PERMISSION_MISSING: "open-halo",
  HALO_RATE_LIMITED: "retry",
  HALO_REQUEST_REFUSED: "open-halo",
  HALO_UNAVAILABLE: "retry",
  HALO_UNREACHABLE: "retry",
  INTERNAL: "contact-support",
  LIMIT_EXCEEDED: "report",
  METHOD_NOT_ALLOWED: "report",
  NOT_ACCEPTABLE: "report",
  NOT_CONNECTED: "open-connection-form",
  NOT_FOUND: "reload",
  PAYLOAD_TOO_LARGE: "report",
  RATE_LIMITED: "retry",
  TIMEOUT: "retry",
  UNAUTHENTICATED: "sign-in",
  UNAVAILABLE: "retry",
  UNSUPPORTED_MEDIA_TYPE: "report",
};

/** The meaning of a code, and what the interface should do about it. */
export interface CodeInfo {
  readonly meaning: string;
  readonly handling: Handling;
}

function withHandling<Code extends string>(
  meanings: { readonly [C in Code]: string },
  handling: { readonly [C in Code]: Handling },
): { readonly [C in Code]: CodeInfo } {
  const codes = Object.keys(handling) as Code[];
  const entries = codes.map((code) => [code, { meaning: meanings[code], handling: handling[code] }] as const);
  return Object.fromEntries(entries) as { [C in Code]: CodeInfo };
}

/** For the `code` of each entry of `userErrors`. */
export const userErrors = withHandling(userErrorMeanings, userErrorHandling);
/** For the `code` of each `HaloProblem`. */
export const problems = withHandling(problemMeanings, problemHandling);
/** For the `extensions.code` of each error beside `data`. */
export const errors = withHandling(errorMeanings, errorHandling);

/**
 * The code of an error beside `data`. An error of another server, such as a proxy, is `INTERNAL`.
 */
export function errorCode(error: { readonly extensions?: { readonly [name: string]: unknown } | undefined }): ErrorCode {
  const code = error.extensions?.["code"];
  return typeof code === "string" && Object.hasOwn(errors, code) ? (code as ErrorCode) : "INTERNAL";
}

const UNKNOWN: CodeInfo = { meaning: "A code of a newer server. Its message says what is wrong.", handling: "show" };

/**
 * Looks up a code: `codeInfo(userErrors, code)`, `codeInfo(problems, code)`. A code of a newer
 * server, which the map does not have, is handled by showing the message.
 */
export function codeInfo<Code extends string>(map: { readonly [C in Code]: CodeInfo }, code: string): CodeInfo {
  return Object.hasOwn(map, code) ? map[code as Code] : UNKNOWN;
}
