// The page of a signed-in caller: banner, menu, and the answer in the middle. Who may send any
// operation has the editor behind a tab; a partner's user has the operations of the contract.
import { DOC_EXPLORER_PLUGIN, DocExplorerStore } from '@graphiql/plugin-doc-explorer';
import { HISTORY_PLUGIN, HistoryStore } from '@graphiql/plugin-history';
import { GraphiQLProvider } from '@graphiql/react';
import { useEffect, useMemo, useRef, useState } from 'react';
import whoAmI from '../operations/who_am_i.graphql';
import { ActingFor, Banner } from './banner.jsx';
import { confirmMutation } from './confirm.js';
import { menu } from './menu.js';
import { usePane } from './pane.js';
import { nameOf, partnerIdIn } from './partner.js';
import { TrustedWorkspace } from './trusted.jsx';
import { createWire } from './wire.js';
import { Work } from './work.jsx';

const plugins = [DOC_EXPLORER_PLUGIN, HISTORY_PLUGIN];

/** The width from which the documentation is open beside the editor. */
const WIDE_PAGE = 1400;

const welcome = `# Write an operation, or run
# a saved one from the
# support desk.
#
# Ctrl-Space completes,
# Ctrl-Enter runs.

query Welcome {
  viewer {
    name
    role
    may
  }
}
`;

export function Workspace(shared) {
  const { config, session, state, onHelp } = shared;
  const [viewer, setViewer] = useState(); // undefined until the API answered, null if it named none
  const [trusted, setTrusted] = useState(null); // why this caller may send the contract's alone
  const [chosen, setChosen] = useState(null);
  const [answer, setAnswer] = useState(null);
  const [run, setRun] = useState(null);
  const [open, setOpen] = useState(null); // the menu entry whose form is open
  const [isWide] = useState(() => innerWidth >= WIDE_PAGE);
  const [pane, setPane] = usePane();
  const partner = viewer?.partner ?? chosen;
  const now = useRef({}); // for the wire, which is created once
  now.current = { viewer, partner };

  const wire = useMemo(() => createWire(session, confirm, show), []);
  useEffect(() => {
    wire.ask(whoAmI).then(({ data, errors }) => {
      const refused = errors?.find(({ extensions }) => extensions?.code === 'DOCUMENT_NOT_TRUSTED');
      if (refused) setTrusted(true);
      else setViewer(data?.viewer ?? null);
    });
    return wire.close;
  }, [wire]);

  /** Outside development, the user confirms each mutation. */
  async function confirm({ name, query, variables }) {
    if (config.environment === 'development') return true;
    const { viewer, partner } = now.current;
    const id = partnerIdIn(query, variables);
    const known = [viewer?.partner, partner].find((one) => one && one.id === id);
    return confirmMutation({
      environment: config.environment,
      operation: name,
      // An operation that names no partner is not about the one chosen at the desk.
      partner: id ? (known ?? (await nameOf(wire, id))).name : viewer?.partner?.name,
      caller: viewer?.name ?? state.label,
    });
  }

  /** Choosing a partner clears the answers about the previous one. */
  function choose(partner) {
    setChosen(partner);
    setAnswer(null);
    setRun(null);
  }

  function show(received) {
    const saved = menu.some(({ name, text }) => name === received.name && text.trim() === received.query.trim());
    const partnerId = partnerIdIn(received.query, received.variables);
    setAnswer({ ...received, saved, partnerId, at: new Date() });
    const seen = received.result.data?.haloSyncRun ?? received.result.data?.requestHaloSync?.run;
    if (seen?.progress) setRun(seen);
  }

  if (trusted) return <TrustedWorkspace {...shared} {...{ wire, viewer, setViewer, answer }} />;
  // The editor reads the schema as soon as it is there.
  if (viewer === undefined) {
    return (
      <div className="page sign-in-page">
        <Banner config={config} session={session} state={state} onHelp={onHelp} />
        <main>
          <p>Reading what you may do…</p>
        </main>
      </div>
    );
  }
  return (
    <GraphiQLProvider
      fetcher={wire.fetcher}
      plugins={plugins}
      referencePlugin={DOC_EXPLORER_PLUGIN}
      visiblePlugin={isWide ? DOC_EXPLORER_PLUGIN : undefined}
      // Tabs and history end with the browser's tab: answers hold other companies' data.
      storage={sessionStorage}
      defaultQuery={welcome}
      inputValueDeprecation
      schemaDescription
    >
      <HistoryStore>
        <DocExplorerStore>
          <div className="page">
            <Banner config={config} session={session} state={state} viewer={viewer} onHelp={onHelp}>
              <ActingFor
                wire={wire}
                viewer={viewer}
                partner={partner}
                atDesk={pane === 'answer' || open?.needsPartner}
              />
            </Banner>
            <Work
              {...{ wire, viewer, partner, onPartner: choose, open, onOpen: setOpen, answer, run, pane, setPane }}
            />
          </div>
        </DocExplorerStore>
      </HistoryStore>
    </GraphiQLProvider>
  );
}
