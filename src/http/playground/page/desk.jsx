// The support desk: one partner, and the saved operations for it. Each runs in a tab of the editor,
// so that the operation and its answer can be read, changed and run again.
import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { validate } from 'graphql';
import { useEffect, useMemo, useState } from 'react';
import pickClient from '../operations/pick_client.graphql';
import pickPartner from '../operations/pick_partner.graphql';
import { menu } from './menu.js';
import { Outcome } from './outcome.jsx';
import { Picker } from './picker.jsx';

/** `open` is the menu entry whose form is open; `onOpen` opens another one, or none with null. */
export function Desk({ wire, viewer, partner, onPartner, open, onOpen, answer, run }) {
  const { schema, fetchError } = useGraphiQL(pick('schema', 'fetchError'));
  const { stop } = useGraphiQLActions();
  const runInTab = useRunInTab();
  // An entry that does not match this server's schema is not offered.
  const known = useMemo(
    () => (schema ? menu.filter(({ document }) => validate(schema, document).length === 0) : []),
    [schema],
  );
  const offered = known.filter(({ permission }) => viewer?.may.includes(permission));
  const choose = (partner) => {
    // Stops watching a run of the previous partner.
    stop();
    onPartner(partner);
  };
  const watch = offered.find(({ kind }) => kind === 'subscription');

  return (
    <nav className="desk" aria-label="Support desk" id="desk" tabIndex={-1}>
      {viewer?.partner && (
        <p className="own-partner">
          <span>Partner</span> {viewer.partner.name}
        </p>
      )}
      {viewer !== undefined && !viewer?.partner && (
        <Picker
          label="Partner"
          hint="Type a name, address or id"
          chosen={partner}
          least={2}
          onChoose={choose}
          search={(text) => nodesOf(wire.ask(pickPartner, { search: text }), (data) => data.partners)}
        />
      )}
      {!schema && (
        <p className="quiet">
          {fetchError ? 'The menu needs the schema, which could not be read.' : 'Reading the schema…'}
        </p>
      )}
      {schema && known.length === 0 && (
        <p className="quiet">None of the saved operations matches this server's schema.</p>
      )}
      {known.length > 0 && viewer && offered.length === 0 && (
        <p className="quiet">Your role permits none of the saved operations.</p>
      )}
      <ul className="menu">
        {offered.map((entry) => (
          <li key={entry.name} className={open === entry ? 'open' : ''}>
            <button
              type="button"
              aria-expanded={open === entry}
              onClick={() => onOpen(open === entry ? null : entry)}
            >
              {entry.title}
              {entry.kind === 'mutation' && <em>action</em>}
            </button>
            {open === entry && (
              <Entry
                // A new form for each partner: no value is sent for another partner.
                key={partner?.id}
                entry={entry}
                partner={partner}
                run={run}
                searchClients={(text) =>
                  nodesOf(
                    wire.ask(pickClient, { partnerId: partner.id, search: text }),
                    (data) => data.partner?.clients,
                  )
                }
                onRun={(variables) => runInTab(entry, variables)}
              />
            )}
          </li>
        ))}
      </ul>
      <Outcome
        answer={answer}
        run={run}
        wire={wire}
        known={[viewer?.partner, partner]}
        onPartner={viewer?.partner ? null : choose}
        onWatch={watch ? (runId) => runInTab(watch, { runId }) : null}
        onMore={(after) => {
          const entry = offered.find(({ name }) => name === answer.name);
          if (entry) runInTab(entry, { ...answer.variables, after });
        }}
      />
    </nav>
  );
}

function Entry({ entry, partner, run, searchClients, onRun }) {
  const [values, setValues] = useState(() =>
    Object.fromEntries(entry.fields.map(({ name, initial }) => [name, name === 'runId' ? (run?.id ?? '') : initial])),
  );
  const [client, setClient] = useState(null);
  const partnerMissing = entry.needsPartner && !partner;

  function submit(event) {
    event.preventDefault();
    const filled = entry.fields.map(({ name, number }) => [name, number ? Number(values[name]) : values[name].trim()]);
    onRun({ ...(entry.needsPartner && { partnerId: partner.id }), ...Object.fromEntries(filled) });
  }

  return (
    <form onSubmit={submit} aria-label={entry.title}>
      <p>{entry.help}</p>
      {entry.fields.map((field) =>
        field.name === 'clientId' ? (
          <Picker
            key={field.name}
            label={field.label}
            hint={field.hint}
            chosen={client}
            disabled={partnerMissing}
            search={searchClients}
            onChoose={(item) => {
              setClient(item);
              setValues({ ...values, clientId: item?.id ?? '' });
            }}
          />
        ) : (
          <label key={field.name} className="field">
            {field.label}
            {field.choices ? (
              // Nothing is chosen at first, so that no decision is made by accident.
              <select
                required
                value={values[field.name]}
                onChange={(event) => setValues({ ...values, [field.name]: event.target.value })}
              >
                <option value="">Choose…</option>
                {Object.entries(field.choices).map(([value, text]) => (
                  <option key={value} value={value}>
                    {text}
                  </option>
                ))}
              </select>
            ) : (
              <input
                required
                type={field.number ? 'number' : 'text'}
                min={field.number ? 1 : undefined}
                max={field.number ? 100 : undefined}
                placeholder={field.hint}
                value={values[field.name]}
                onChange={(event) => setValues({ ...values, [field.name]: event.target.value })}
              />
            )}
          </label>
        ),
      )}
      <div className="run">
        <button type="submit" className="primary" disabled={partnerMissing || values.clientId === ''}>
          Run
        </button>
        {partnerMissing && <span className="quiet">Choose a partner above first.</span>}
      </div>
    </form>
  );
}

/** Runs a saved operation in its tab, or in a new one. */
function useRunInTab() {
  const { addTab, changeTab, updateActiveTabValues, setOperationName, stop, run } = useGraphiQLActions();
  const { queryEditor, variableEditor, tabs } = useGraphiQL(pick('queryEditor', 'variableEditor', 'tabs'));
  // Beside the documentation the editors are narrow, so long lines are wrapped.
  useEffect(() => {
    for (const editor of [queryEditor, variableEditor]) editor?.updateOptions({ wordWrap: 'on' });
  }, [queryEditor, variableEditor]);
  return ({ name, text }, variables) => {
    const written = JSON.stringify(variables, null, 2);
    stop();
    const index = tabs.findIndex(({ operationName }) => operationName === name);
    if (index < 0) addTab();
    else changeTab(index);
    queryEditor.setValue(text);
    variableEditor.setValue(written);
    updateActiveTabValues({ query: text, variables: written, operationName: name });
    setOperationName(name);
    run();
  };
}

async function nodesOf(answer, connection) {
  const { data, errors } = await answer;
  return (data && connection(data)?.nodes) ?? { problem: errors?.[0]?.message ?? 'No match found.' };
}
