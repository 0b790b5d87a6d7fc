// The running server, as scripts/test.mjs started it.

export interface Credentials {
  readonly url: string;
  readonly client_id: string;
  readonly client_secret: string;
}

interface Server {
  readonly graphql: string;
  readonly websocket: string;
  readonly sandbox: string;
  readonly tokens: { readonly [caller in "partner_admin" | "partner_viewer" | "support" | "platform"]: string };
  readonly halo: { readonly [name: string]: unknown };
}

const given = process.env["CONTRACT_SERVER"];
if (given === undefined) throw new Error("Run these tests with npm test.");

export const server = JSON.parse(given) as Server;
export const admin = { authorization: `Bearer ${server.tokens.partner_admin}` };
export const support = { authorization: `Bearer ${server.tokens.support}` };
