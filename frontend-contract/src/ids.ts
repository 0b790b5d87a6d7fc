import type { TypedDocumentNode } from "@graphql-typed-document-node/core";

/**
 * The hash by which persisted queries name a text, for `new PersistedQueryLink({ sha256 })` in
 * Apollo Client. It needs Web Crypto, which browsers have on https and on localhost.
 */
export async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

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
