// The playground's page. The server wrote the configuration into it; the caller signs in here.
import './workers.js';
import { Tooltip } from '@graphiql/react';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './editor.css';
import './shell.css';
import './answer.css';
import './dialogs.css';
import { useState, useSyncExternalStore } from 'react';
import { createRoot } from 'react-dom/client';
import { Banner } from './banner.jsx';
import { Help } from './help.jsx';
import { createSession } from './session.js';
import { Workspace } from './workspace.jsx';

const config = JSON.parse(document.getElementById('config').textContent);
const session = createSession(config);

function Page() {
  const state = useSyncExternalStore(session.subscribe, session.state);
  const [help, setHelp] = useState(false);
  const shared = { config, session, state, onHelp: () => setHelp(true) };
  return (
    <Tooltip.Provider>
      {state.phase === 'in' ? <Workspace key={state.number} {...shared} /> : <SignInPage {...shared} />}
      <Help open={help} onOpen={() => setHelp(true)} onClose={() => setHelp(false)} />
    </Tooltip.Provider>
  );
}

function SignInPage(shared) {
  const { state } = shared;
  return (
    <div className="page sign-in-page">
      <Banner {...shared} />
      <main>
        <h2>GraphQL playground</h2>
        {state.problem && (
          <p className="problem" role="alert">
            {state.problem}
          </p>
        )}
        {state.phase === 'starting' && <p>Signing in…</p>}
        {state.phase === 'out' && config.oidc && (
          <button type="button" className="primary" autoFocus onClick={session.signIn}>
            Sign in
          </button>
        )}
        {state.phase === 'out' && !config.oidc && config.devCallers.length === 0 && (
          <p>
            You cannot sign in yet: the operator has to configure the playground's OpenID Connect issuer.
          </p>
        )}
      </main>
    </div>
  );
}

createRoot(document.getElementById('root')).render(<Page />);
session.start();
