// The page of a signed-in caller: banner, support desk, editor with the documentation open.
import { DOC_EXPLORER_PLUGIN, DocExplorerStore } from '@graphiql/plugin-doc-explorer';
import { HISTORY_PLUGIN, HistoryStore } from '@graphiql/plugin-history';
import { GraphiQLProvider } from '@graphiql/react';
import { GraphiQLInterface } from 'graphiql';
import { useEffect, useMemo, useRef, useState } from 'react';
import whoAmI from '../operations/who_am_i.graphql';
import { ActingFor, Banner } from './banner.jsx';
import { confirmMutation } from './confirm.js';
import { Desk } from './desk.jsx';
import { nameOf, partnerIdIn } from './partner.js';
import { createWire } from './wire.js';

const plugins = [DOC_EXPLORER_PLUGIN, HISTORY_PLUGIN];

/** The width from which the documentation is open beside the desk and the editor. */
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

export function Workspace({ config, session, state, onHelp }) {
  const [viewer, setViewer] = useState(); // null if the API does not return it
  const [chosen, setChosen] = useState(null);
  const [answer, setAnswer] = useState(null);
  const [run, setRun] = useState(null);
  const [open, setOpen] = useState(null); // the menu entry whose form is open
  const [isWide] = useState(() => innerWidth >= WIDE_PAGE);
  const partner = viewer?.partner ?? chosen;
  const now = useRef({}); // for the wire, which is created once
  now.current = { viewer, partner };

  const wire = useMemo(() => createWire(session, confirm, show), []);
  useEffect(() => {
    wire.ask(whoAmI).then(({ data }) => setViewer(data?.viewer ?? null));
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
    setAnswer({ ...received, at: new Date(), partnerId: partnerIdIn(received.query, received.variables) });
    const seen = received.result.data?.haloSyncRun ?? received.result.data?.requestHaloSync?.run;
    if (seen?.progress) setRun(seen);
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
              <ActingFor wire={wire} viewer={viewer} partner={partner} atDesk={open?.needsPartner} />
            </Banner>
            <Desk
              wire={wire}
              viewer={viewer}
              partner={partner}
              onPartner={choose}
              open={open}
              onOpen={setOpen}
              answer={answer}
              run={run}
            />
            <main aria-label="Editor">
              <GraphiQLInterface
                isHeadersEditorEnabled={false}
                showPersistHeadersSettings={false}
                defaultEditorToolsVisibility="variables"
              />
            </main>
          </div>
        </DocExplorerStore>
      </HistoryStore>
    </GraphiQLProvider>
  );
}
