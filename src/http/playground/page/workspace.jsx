// The page of somebody who is signed in: banner, support desk, editor with the documentation open.
import { DOC_EXPLORER_PLUGIN, DocExplorerStore } from '@graphiql/plugin-doc-explorer';
import { HISTORY_PLUGIN, HistoryStore } from '@graphiql/plugin-history';
import { GraphiQLProvider } from '@graphiql/react';
import { GraphiQLInterface } from 'graphiql';
import { useEffect, useMemo, useRef, useState } from 'react';
import whoAmI from '../operations/who_am_i.graphql';
import { ActingFor, Banner } from './banner.jsx';
import { askOnceMore } from './confirm.js';
import { Desk } from './desk.jsx';
import { nameOf, partnerIdIn } from './partner.js';
import { createWire } from './wire.js';

const plugins = [DOC_EXPLORER_PLUGIN, HISTORY_PLUGIN];

/** So wide has the page to be for the documentation to stand open beside the desk and the editor. */
const ROOMY = 1400;

const welcome = `# Ask what is documented,
# or take a saved operation
# from the support desk.
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
  const [viewer, setViewer] = useState(); // null once it is clear that the API will not say
  const [chosen, setChosen] = useState(null);
  const [answer, setAnswer] = useState(null);
  const [run, setRun] = useState(null);
  const [open, setOpen] = useState(null); // the entry of the desk's menu whose form is open
  const [roomy] = useState(() => innerWidth >= ROOMY);
  const partner = viewer?.partner ?? chosen;
  const now = useRef({}); // for the wire, which is made once
  now.current = { viewer, partner };

  const wire = useMemo(() => createWire(session, confirm, hear), []);
  useEffect(() => {
    wire.ask(whoAmI).then(({ data }) => setViewer(data?.viewer ?? null));
    return wire.close;
  }, [wire]);

  /** Outside development, a mutation is asked about once more. */
  async function confirm({ name, query, variables }) {
    if (config.environment === 'development') return true;
    const { viewer, partner } = now.current;
    const id = partnerIdIn(query, variables);
    const known = [viewer?.partner, partner].find((one) => one && one.id === id);
    return askOnceMore({
      environment: config.environment,
      operation: name,
      // What is chosen at the desk says nothing of an operation that does not name it.
      partner: id ? (known ?? (await nameOf(wire, id))).name : viewer?.partner?.name,
      caller: viewer?.name ?? state.label,
    });
  }

  /** What was answered about one partner is gone when another is chosen. */
  function choose(partner) {
    setChosen(partner);
    setAnswer(null);
    setRun(null);
  }

  function hear(heard) {
    setAnswer({ ...heard, at: new Date(), partnerId: partnerIdIn(heard.query, heard.variables) });
    const seen = heard.result.data?.haloSyncRun ?? heard.result.data?.requestHaloSync?.run;
    if (seen?.progress) setRun(seen);
  }

  return (
    <GraphiQLProvider
      fetcher={wire.fetcher}
      plugins={plugins}
      referencePlugin={DOC_EXPLORER_PLUGIN}
      visiblePlugin={roomy ? DOC_EXPLORER_PLUGIN : undefined}
      // Tabs and history end with the browser's tab: answers are about other people's business.
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
