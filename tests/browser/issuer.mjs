// A tiny OpenID Connect issuer: whoever follows its link is signed in, but only with PKCE done right.
import { createHash, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

/** `accessToken` is what a finished sign-in gets. Gives `{ issuer, asked, close }`; `asked` are the addresses it saw. */
export async function startIssuer({ accessToken, clientId }) {
  const challenges = new Map();
  const asked = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, issuer());
    asked.push(url.href);
    const json = (status, body) => {
      response.writeHead(status, { 'content-type': 'application/json', 'access-control-allow-origin': '*' });
      response.end(JSON.stringify(body));
    };
    if (url.pathname === '/.well-known/openid-configuration') {
      return json(200, {
        issuer: issuer(),
        authorization_endpoint: `${issuer()}/authorize`,
        token_endpoint: `${issuer()}/token`,
      });
    }
    if (url.pathname === '/authorize') {
      const query = url.searchParams;
      if (query.get('client_id') !== clientId || query.get('code_challenge_method') !== 'S256') return json(400, {});
      const code = randomUUID();
      challenges.set(code, query.get('code_challenge'));
      const back = new URL(query.get('redirect_uri'));
      for (const [name, value] of [
        ['code', code],
        ['state', query.get('state')],
        ['iss', issuer()],
      ]) {
        back.searchParams.set(name, value);
      }
      // A link, not a redirect: the tests can rewrite only pages that the browser asks for by itself.
      response.writeHead(200, { 'content-type': 'text/html' });
      return response.end(
        `<link rel="icon" href="data:,"><a href="${back.href.replaceAll('&', '&amp;')}">Sign in as support</a>`,
      );
    }
    if (url.pathname === '/token' && request.method === 'POST') {
      let body = '';
      for await (const chunk of request) body += chunk;
      const sent = new URLSearchParams(body);
      const proof = createHash('sha256').update(sent.get('code_verifier')).digest('base64url');
      if (challenges.get(sent.get('code')) !== proof) return json(400, { error: 'invalid_grant' });
      challenges.delete(sent.get('code'));
      return json(200, { access_token: accessToken, token_type: 'Bearer', expires_in: 3600 });
    }
    return json(404, {});
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = () => `http://127.0.0.1:${server.address().port}`;
  return { issuer: issuer(), asked, close: () => server.close() };
}
