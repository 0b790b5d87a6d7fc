export * from "./errors.js";
export * from "./generated/graphql.js";
export { documentId } from "./ids.js";
