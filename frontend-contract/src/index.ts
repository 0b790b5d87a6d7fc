export * from "./errors.js";
export * from "./generated/graphql.js";
export { contractVersion } from "./generated/version.js";
export { documentId, sha256 } from "./ids.js";
