// A client in a dozen lines: an operation's id and its variables by `fetch`.
import assert from "node:assert/strict";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { documentId } from "../src/index.js";
import { admin, server } from "./server.js";

export async function ask<Result, Variables>(
  document: TypedDocumentNode<Result, Variables>,
  variables: Variables,
): Promise<Result> {
  const response = await fetch(server.graphql, {
    method: "POST",
    headers: { ...admin, "content-type": "application/json", accept: "application/graphql-response+json" },
    body: JSON.stringify({ documentId: documentId(document), variables }),
  });
  const { data, errors } = (await response.json()) as { data: Result; errors?: unknown };
  assert.equal(errors, undefined, JSON.stringify(errors));
  assert.equal(response.status, 200);
  return data;
}
