// Handlers for Mock Service Worker that replace the server in tests and in development. Their
// answers were recorded from the real server.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { http, HttpResponse, ws, type HttpHandler, type JsonBodyType, type WebSocketHandler } from "msw";
import { parse } from "graphql";
import { errors, type ErrorCode } from "./errors.js";
import { errorStatus } from "./generated/codes.js";
import { documentIds, operations, refusals, scenarios } from "./generated/fixtures.js";
import type * as documents from "./generated/graphql.js";

export { operations, refusals, scenarios };

/** The name of an operation of the contract. */
export type OperationName = keyof typeof operations;
/** The data of the server's answer to an operation. */
export type DataOf<Name extends OperationName> = (typeof operations)[Name];
/** The variables of an operation. */
export type VariablesOf<Name extends OperationName> =
  (typeof documents)[`${Name}Document`] extends TypedDocumentNode<infer _, infer Variables> ? Variables : never;
/** A code that a mutation of the contract can be refused with. */
export type RefusalCode = keyof typeof refusals;

/**
 * Answers every operation of the contract as the real server did. `url` is where the frontend calls
 * it.
 */
export function handlers(url = "*/graphql"): HttpHandler[] {
  return [
    http.all(url, async ({ request }) => {
      const name = operationOf(await parametersOf(request.clone()));
      return name === undefined ? error("DOCUMENT_NOT_TRUSTED") : respond(request, resultsOf(name));
    }),
  ];
}

/** The results of subscriptions, in order. */
export type Events = { readonly [Name in OperationName]?: readonly DataOf<Name>[] };

/**
 * Answers over a socket (`graphql-transport-ws`) as {@link handlers} does over HTTP; use both
 * together. `events` replaces the recorded results of a subscription.
 */
export function sockets(events: Events = {}, url: string | RegExp = /^wss?:.*\/graphql$/): WebSocketHandler {
  return ws.link(url).addEventListener("connection", ({ client }) => {
    const send = (message: object) => client.send(JSON.stringify(message));
    client.addEventListener("message", ({ data }) => {
      const { id, type, payload } = JSON.parse(String(data)) as { id?: string; type: string; payload?: Parameters };
      if (type === "connection_init") return send({ type: "connection_ack" });
      if (type === "ping") return send({ type: "pong" });
      if (type !== "subscribe" || payload === undefined) return;
      const name = operationOf(payload);
      if (name === undefined) return send({ id, type: "error", payload: failure("DOCUMENT_NOT_TRUSTED").errors });
      const results = events[name]?.map((data) => ({ data })) ?? resultsOf(name);
      for (const result of results) send({ id, type: "next", payload: result });
      send({ id, type: "complete" });
    });
  });
}

/**
 * Answers one operation with other data, which may depend on the variables. Pass it to
 * `server.use(…)`, before {@link handlers}.
 */
export function answer<Name extends OperationName>(
  name: Name,
  data: DataOf<Name> | ((variables: VariablesOf<Name>) => DataOf<Name>),
  url = "*/graphql",
): HttpHandler {
  return only(url, name, (request, variables) =>
    respond(request, [{ data: typeof data === "function" ? data(variables as VariablesOf<Name>) : data }]),
  );
}

/** Refuses the mutation that the code was recorded with. */
export function refuse(code: RefusalCode, url = "*/graphql"): HttpHandler {
  const { operation, data } = refusals[code];
  return only(url, operation, (request) => respond(request, [{ data }]));
}

/** Fails one operation as a whole, with an error beside `data`. */
export function fail(name: OperationName, code: ErrorCode, url = "*/graphql"): HttpHandler {
  return only(url, name, () => error(code));
}

function only(
  url: string,
  name: OperationName,
  answers: (request: Request, variables: unknown) => Response,
): HttpHandler {
  return http.all(url, async ({ request }) => {
    const parameters = await parametersOf(request.clone());
    // Without a response, MSW continues with the next handler.
    return operationOf(parameters) === name ? answers(request, parameters.variables ?? {}) : undefined;
  });
}

/** The results of an operation: one, or all of a subscription. */
function resultsOf(name: OperationName): { readonly data: JsonBodyType }[] {
  if (name !== "RunChanges") return [{ data: operations[name] }];
  const { queued, running, finished } = scenarios.RunChanges;
  return [queued, running, finished].map((data) => ({ data }));
}

/** Over server-sent events all results, else the first. */
function respond(request: Request, results: readonly { readonly data: JsonBodyType }[]): Response {
  if (request.headers.get("accept")?.includes("text/event-stream")) {
    const events = results.map((result) => `event: next\ndata: ${JSON.stringify(result)}\n\n`);
    const stream = `${events.join("")}event: complete\ndata: \n\n`;
    return new HttpResponse(stream, { headers: { "content-type": "text/event-stream" } });
  }
  return HttpResponse.json(results[0], { headers: { "content-type": "application/graphql-response+json" } });
}

function failure(code: ErrorCode) {
  return { errors: [{ message: errors[code].meaning, extensions: { code, requestId: "mocked" } }] };
}

function error(code: ErrorCode): Response {
  return HttpResponse.json(failure(code), {
    status: errorStatus[code],
    headers: { "content-type": "application/graphql-response+json" },
  });
}

/** The requested operation of the contract: by its id, or by the name in its text. */
function operationOf(parameters: Parameters): OperationName | undefined {
  const id = parameters.documentId ?? parameters.extensions?.persistedQuery?.sha256Hash;
  if (parameters.query === undefined) {
    const bare = id?.replace(/^sha256:/, "");
    return names.find((name) => documentIds[name] === `sha256:${bare}`);
  }
  const definition = parse(parameters.query).definitions.find((found) => found.kind === "OperationDefinition");
  return names.find((name) => name === definition?.name?.value);
}

const names = Object.keys(operations) as OperationName[];

interface Parameters {
  readonly query?: string;
  readonly documentId?: string;
  readonly variables?: unknown;
  readonly extensions?: { readonly persistedQuery?: { readonly sha256Hash?: string } };
}

async function parametersOf(request: Request): Promise<Parameters> {
  if (request.method !== "GET") {
    return (await request.json()) as Parameters;
  }
  const { query, documentId, variables, extensions } = Object.fromEntries(new URL(request.url).searchParams);
  return {
    ...(query === undefined ? {} : { query }),
    ...(documentId === undefined ? {} : { documentId }),
    ...(variables === undefined ? {} : { variables: JSON.parse(variables) as unknown }),
    ...(extensions === undefined ? {} : { extensions: JSON.parse(extensions) as NonNullable<Parameters["extensions"]> }),
  };
}
