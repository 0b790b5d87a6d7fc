// An OpenID Connect issuer: authorization code with PKCE for one public client, access tokens as
// signed JWTs. Its button signs the user in as support.
import { createHash, createSign, generateKeyPairSync, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

const CODE_CHALLENGE = /^[\w-]{43}$/;
const CODE_VERIFIER = /^[\w.~-]{43,128}$/;

/**
 * Gives `{ issuer, jwksUrl, asked, refused, given, client, close }`. `asked` holds the requested
 * addresses, `refused` the reasons of refusals, `given` the issued tokens. `client` may be changed:
 * `{ id, redirectUri, audience, lifetime, key, claims }`, where `lifetime` is in seconds, `key` is
 * 'published' or, for tokens that cannot be verified, 'unpublished', and `claims` say who signs in.
 */
export async function startIssuer({ clientId, audience }) {
  const support = { sub: 'robin', name: 'Robin Support', role: 'support' };
  const client = { id: clientId, redirectUri: null, audience, lifetime: 3600, key: 'published', claims: support };
  const keys = { published: newKey(), unpublished: newKey() };
  const codes = new Map();
  const asked = [];
  const refused = [];
  const given = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, issuer());
    asked.push(url.href);
    const json = (status, body) => {
      const origin = client.redirectUri && new URL(client.redirectUri).origin;
      response.writeHead(status, { 'content-type': 'application/json', 'access-control-allow-origin': origin });
      response.end(JSON.stringify(body));
    };
    const refuse = (error) => {
      refused.push(error);
      json(400, { error: 'invalid_grant', error_description: error });
    };
    switch (`${request.method} ${url.pathname}`) {
      case 'GET /.well-known/openid-configuration':
        return json(200, {
          issuer: issuer(),
          authorization_endpoint: `${issuer()}/authorize`,
          token_endpoint: `${issuer()}/token`,
          jwks_uri: `${issuer()}/jwks.json`,
          response_types_supported: ['code'],
          code_challenge_methods_supported: ['S256'],
        });
      case 'GET /jwks.json':
        return json(200, { keys: [keys.published.jwk] });
      case 'GET /authorize': {
        const query = Object.fromEntries(url.searchParams);
        const wrong =
          (query.response_type !== 'code' && 'response_type') ||
          (query.client_id !== client.id && 'client_id') ||
          (query.redirect_uri !== client.redirectUri && 'redirect_uri') ||
          (!query.scope?.split(' ').includes('openid') && 'scope') ||
          (!query.state && 'state') ||
          (query.code_challenge_method !== 'S256' && 'code_challenge_method') ||
          (!CODE_CHALLENGE.test(query.code_challenge) && 'code_challenge');
        if (wrong) return refuse(`authorize: ${wrong}`);
        response.writeHead(200, { 'content-type': 'text/html' });
        return response.end(
          `<link rel="icon" href="data:,"><form action="/signed-in${url.search.replaceAll('&', '&amp;')}" method="post">` +
            '<button>Sign in as support</button></form>',
        );
      }
      case 'POST /signed-in': {
        const code = randomUUID();
        codes.set(code, url.searchParams.get('code_challenge'));
        const back = new URL(client.redirectUri);
        back.search = new URLSearchParams({ code, state: url.searchParams.get('state'), iss: issuer() });
        response.writeHead(303, { location: back.href });
        return response.end();
      }
      case 'POST /token': {
        let body = '';
        for await (const chunk of request) body += chunk;
        const sent = Object.fromEntries(new URLSearchParams(body));
        const challenge = codes.get(sent.code);
        codes.delete(sent.code);
        const wrong =
          (sent.grant_type !== 'authorization_code' && 'grant_type') ||
          (sent.client_id !== client.id && 'client_id') ||
          (sent.redirect_uri !== client.redirectUri && 'redirect_uri') ||
          (!challenge && 'code') ||
          (!CODE_VERIFIER.test(sent.code_verifier) && 'code_verifier') ||
          (createHash('sha256').update(sent.code_verifier).digest('base64url') !== challenge && 'PKCE');
        if (wrong) return refuse(`token: ${wrong}`);
        given.push(accessToken(keys.published.jwk.kid, keys[client.key]));
        return json(200, { access_token: given.at(-1), token_type: 'Bearer', expires_in: client.lifetime });
      }
      default:
        return json(404, {});
    }
  });

  /** `key` signs, and says that it is the one that is published as `kid`. */
  function accessToken(kid, key) {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer(), aud: client.audience, ...client.claims };
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const text = `${part({ alg: 'RS256', typ: 'JWT', kid })}.${part({ ...claims, iat: now, exp: now + client.lifetime })}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(key.privateKey, 'base64url')}`;
  }

  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = () => `http://127.0.0.1:${server.address().port}`;
  return { issuer: issuer(), jwksUrl: `${issuer()}/jwks.json`, asked, refused, given, client, close: () => server.close() };
}

function newKey() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' } };
}
