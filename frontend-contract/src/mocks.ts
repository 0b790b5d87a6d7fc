// The server's place in tests and in development without it, for Mock Service Worker. The answers are the real server's,
// recorded.
import { http, HttpResponse, type HttpHandler, type JsonBodyType } from "msw";
import { parse } from "graphql";
import { errors, type ErrorCode } from "./errors.js";
import { errorStatus } from "./generated/codes.js";
import { documentIds, operations, refusals } from "./generated/fixtures.js";

export { operations, refusals };

/** The name of an operation of the contract. */
export type OperationName = keyof typeof operations;
/** The data that the server answers to it. */
export type DataOf<Name extends OperationName> = (typeof operations)[Name];
/** A code that a mutation of the contract can be refused with. */
export type RefusalCode = keyof typeof refusals;

/** Answers every operation of the contract as the real server did. `url` is where the frontend calls it. */
export function handlers(url = "*/graphql"): HttpHandler[] {
  return [
    http.all(url, async ({ request }) => {
      const name = await operationOf(request);
      return name === undefined ? error("DOCUMENT_NOT_TRUSTED") : respond(request, { data: operations[name] });
    }),
  ];
}

/** Answers one operation with other data: hand it to `server.use(…)`, in front of {@link handlers}. */
export function answer<Name extends OperationName>(name: Name, data: DataOf<Name>, url = "*/graphql"): HttpHandler {
  return only(url, name, (request) => respond(request, { data }));
}

/** Refuses the mutation that the code was recorded with. */
export function refuse(code: RefusalCode, url = "*/graphql"): HttpHandler {
  const { operation, data } = refusals[code];
  return only(url, operation, (request) => respond(request, { data }));
}

/** Fails one operation as a whole, with an error beside `data`. */
export function fail(name: OperationName, code: ErrorCode, url = "*/graphql"): HttpHandler {
  return only(url, name, () => error(code));
}

function only(url: string, name: OperationName, answers: (request: Request) => Response): HttpHandler {
  // Without a response, MSW goes on to the next handler.
  return http.all(url, async ({ request }) => ((await operationOf(request)) === name ? answers(request) : undefined));
}

function respond(request: Request, body: JsonBodyType): Response {
  if (request.headers.get("accept")?.includes("text/event-stream")) {
    const stream = `event: next\ndata: ${JSON.stringify(body)}\n\nevent: complete\ndata: \n\n`;
    return new HttpResponse(stream, { headers: { "content-type": "text/event-stream" } });
  }
  return HttpResponse.json(body, { headers: { "content-type": "application/graphql-response+json" } });
}

function error(code: ErrorCode): Response {
  const body = { errors: [{ message: errors[code].meaning, extensions: { code, requestId: "mocked" } }] };
  return HttpResponse.json(body, {
    status: errorStatus[code],
    headers: { "content-type": "application/graphql-response+json" },
  });
}

/** The operation of the contract that is asked for: by its id, or by the name in its text. */
async function operationOf(request: Request): Promise<OperationName | undefined> {
  const asked = await parametersOf(request.clone());
  const id = asked.documentId ?? asked.extensions?.persistedQuery?.sha256Hash;
  if (asked.query === undefined) {
    const bare = id?.replace(/^sha256:/, "");
    return names.find((name) => documentIds[name] === `sha256:${bare}`);
  }
  const definition = parse(asked.query).definitions.find((found) => found.kind === "OperationDefinition");
  return names.find((name) => name === definition?.name?.value);
}

const names = Object.keys(operations) as OperationName[];

interface Parameters {
  readonly query?: string;
  readonly documentId?: string;
  readonly extensions?: { readonly persistedQuery?: { readonly sha256Hash?: string } };
}

async function parametersOf(request: Request): Promise<Parameters> {
  if (request.method !== "GET") {
    return (await request.json()) as Parameters;
  }
  const { query, documentId, extensions } = Object.fromEntries(new URL(request.url).searchParams);
  return {
    ...(query === undefined ? {} : { query }),
    ...(documentId === undefined ? {} : { documentId }),
    ...(extensions === undefined ? {} : { extensions: JSON.parse(extensions) as NonNullable<Parameters["extensions"]> }),
  };
}
