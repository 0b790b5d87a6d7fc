import type { TypedDocumentNode } from "@graphql-typed-document-node/core";

/**
 * The id under which the server trusts a document of this package: send it as `documentId` in place
 * of the text.
 */
export function documentId<Result, Variables>(document: TypedDocumentNode<Result, Variables>): string {
  const { __meta__: meta } = document as { __meta__?: { hash?: unknown } };
  if (typeof meta?.hash !== "string") {
    throw new Error("Not a document of this package: import one that ends in Document.");
  }
  return meta.hash;
}
