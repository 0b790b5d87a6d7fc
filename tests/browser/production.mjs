// `infima-halo serve`, as it runs in production, over the development stack's database, whose
// worker executes the runs.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { startIssuer } from './issuer.mjs';

const AUDIENCE = 'infima-halo';
const CLIENT = 'playground';

/**
 * Gives `{ playground, idp, stop }`: the page's address and the issuer at which support signs in.
 */
export async function startProduction({ database }) {
  const { BINARY, INFIMA_KEYS } = process.env;
  if (!BINARY || !INFIMA_KEYS) throw new Error('Run these tests with make browser: they need the program and its keys.');
  const idp = await startIssuer({ clientId: CLIENT, audience: AUDIENCE });
  const role = new URL(database);
  [role.username, role.password] = ['infima_app', ''];
  const server = spawn(BINARY, ['serve'], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: role.href,
      INFIMA_KEYS,
      INFIMA_LISTEN: '127.0.0.1:0',
      INFIMA_LOG: 'warn,infima_halo=info',
      INFIMA_LOG_FORMAT: 'json',
      INFIMA_AUTH_JWKS_URL: idp.jwksUrl,
      INFIMA_AUTH_ISSUER: idp.issuer,
      INFIMA_AUTH_AUDIENCE: AUDIENCE,
      INFIMA_AUTH_LEEWAY_SECONDS: '0',
      INFIMA_OIDC_ISSUER: idp.issuer,
      INFIMA_OIDC_CLIENT_ID: CLIENT,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => server.on('exit', resolve));
  const said = [];
  const address = await new Promise((resolve, reject) => {
    for (const stream of [server.stdout, server.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        said.push(line);
        const serving = /"address":"(127\.0\.0\.1:\d+)"/.exec(line);
        if (serving) resolve(serving[1]);
      });
    }
    ended.then((code) => reject(new Error(`serve ended with ${code}:\n${said.join('\n')}`)));
  });
  const playground = `http://${address}/playground`;
  idp.client.redirectUri = playground;
  return {
    playground,
    idp,
    async stop() {
      server.kill();
      await ended;
      idp.close();
    },
  };
}
