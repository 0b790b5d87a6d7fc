// Sign-in by OpenID Connect: authorization code with PKCE, as a public client.
//
// The page leaves for the issuer and comes back with a code. Only the PKCE verifier and the state
// wait for it in sessionStorage, and they are removed before anything else happens. The token
// itself is only ever in memory.
const WAITING = 'playground.sign-in';

/** Leaves the page for the issuer's sign-in. */
export async function leaveForSignIn(oidc) {
  const { authorization } = await endpointsOf(oidc);
  const verifier = randomText(48);
  const state = randomText(24);
  sessionStorage.setItem(WAITING, JSON.stringify({ verifier, state }));
  const to = new URL(authorization);
  const query = {
    response_type: 'code',
    client_id: oidc.clientId,
    redirect_uri: redirectUri(),
    scope: oidc.scope,
    state,
    code_challenge: await sha256Text(verifier),
    code_challenge_method: 'S256',
    ...(oidc.audience && { audience: oidc.audience }),
  };
  for (const [name, value] of Object.entries(query)) to.searchParams.set(name, value);
  location.assign(to);
}

/**
 * Finishes a sign-in if the issuer has redirected to this page. Returns `{ token, expiresInSeconds
 * }`,
 * or null on an ordinary load; throws errors whose messages are for the user.
 */
export async function comeBackFromSignIn(oidc) {
  const answer = new URLSearchParams(location.search);
  if (!answer.has('code') && !answer.has('error')) return null;
  history.replaceState(null, '', location.pathname);
  const waiting = JSON.parse(sessionStorage.getItem(WAITING) ?? 'null');
  sessionStorage.removeItem(WAITING);
  if (!waiting || waiting.state !== answer.get('state')) {
    throw new Error('This sign-in was not started in this tab. Please sign in again.');
  }
  if (answer.has('iss') && answer.get('iss') !== oidc.issuer) {
    throw new Error('The sign-in answer came from another issuer than the configured one. Please contact the operator.');
  }
  if (answer.has('error')) {
    throw new Error(`The sign-in service refused: ${answer.get('error_description') ?? answer.get('error')}`);
  }
  const { token } = await endpointsOf(oidc);
  const response = await fetch(token, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: oidc.clientId,
      redirect_uri: redirectUri(),
      code: answer.get('code'),
      code_verifier: waiting.verifier,
    }),
  });
  const given = await response.json().catch(() => ({}));
  if (!response.ok || !given.access_token) {
    throw new Error(`The sign-in service gave no token: ${given.error_description ?? given.error ?? response.status}`);
  }
  return { token: given.access_token, expiresInSeconds: given.expires_in };
}

async function endpointsOf(oidc) {
  const address = `${oidc.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const found = await fetch(address)
    .then((response) => response.json())
    .catch(() => null);
  if (!found) throw new Error(`The sign-in service does not answer at ${address}.`);
  if (found.issuer !== oidc.issuer) throw new Error(`${address} is the configuration of another issuer, ${found.issuer}.`);
  return { authorization: found.authorization_endpoint, token: found.token_endpoint };
}

const redirectUri = () => location.origin + location.pathname;

const randomText = (bytes) => urlSafe(crypto.getRandomValues(new Uint8Array(bytes)));

async function sha256Text(text) {
  return urlSafe(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))));
}

function urlSafe(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}
