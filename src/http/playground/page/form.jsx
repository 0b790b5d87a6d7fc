// The form of a saved operation: its variables, with clients and runs chosen by name.
import { useEffect, useId, useState } from 'react';
import pickClient from '../operations/pick_client.graphql';
import pickProblem from '../operations/pick_problem.graphql';
import pickRun from '../operations/pick_run.graphql';
import { Picker } from './picker.jsx';
import { nodesOf } from './wire.js';
import { asTitle, asked, standing, when } from './words.js';

export function Form({ entry, wire, partner, run, onRun }) {
  const [values, setValues] = useState(() =>
    Object.fromEntries(entry.fields.map(({ name, initial }) => [name, name === 'runId' ? (run?.id ?? '') : initial])),
  );
  const [client, setClient] = useState(null);
  const partnerMissing = entry.needsPartner && !partner;
  // A client is chosen by its name, and the runs to choose from are read first.
  const isNotChosen = ({ name, optional }) => ['clientId', 'problemId', 'runId'].includes(name) && !optional && values[name] === '';
  const set = (name) => (value) => setValues((before) => ({ ...before, [name]: value }));

  function submit(event) {
    event.preventDefault();
    const filled = entry.fields
      .filter(({ name, optional }) => !optional || values[name] !== '')
      .map(({ name, read }) => [name, read(values[name])]);
    onRun({ ...(entry.needsPartner && { partnerId: partner.id }), ...Object.fromEntries(filled) });
  }

  // What may be left out takes no place until it is wanted.
  const narrowing = entry.fields.filter(({ optional }) => optional);
  const show = (field) => {
    if (field.name === 'clientId')
      return (
        <Picker
          key={field.name}
          label={field.label}
          hint={field.hint}
          chosen={client}
          disabled={partnerMissing}
          search={(text) =>
            nodesOf(wire.ask(pickClient, { partnerId: partner.id, search: text }), (data) => data.partner?.clients)
          }
          onChoose={(item) => {
            setClient(item);
            set('clientId')(item?.id ?? '');
          }}
        />
      );
    if (field.name === 'runId')
      return <RunField key={field.name} {...{ field, wire, partner }} value={values.runId} onChange={set('runId')} />;
    if (field.name === 'problemId' && partner)
      return <ProblemField key={field.name} {...{ field, wire, partner }} onChange={set(field.name)} />;
    return <Field key={field.name} field={field} value={values[field.name]} onChange={set(field.name)} />;
  };

  return (
    <form onSubmit={submit} aria-label={entry.title}>
      {entry.fields.filter(({ optional }) => !optional).map(show)}
      <div className="run">
        <button type="submit" className="primary" disabled={partnerMissing || entry.fields.some(isNotChosen)}>
          Run
        </button>
        {partnerMissing && <span className="quiet">Choose a partner first.</span>}
      </div>
      {narrowing.length > 0 && (
        <details className="narrowing">
          <summary>Narrow it down</summary>
          <div>{narrowing.map(show)}</div>
        </details>
      )}
    </form>
  );
}

function Field({ field, value, onChange }) {
  const shared = { required: !field.optional, value, onChange: (event) => onChange(event.target.value) };
  return (
    <label className="field">
      {field.label}
      {field.choices ? (
        // Nothing is chosen at first, so that no decision is made by accident.
        <select {...shared}>
          <option value="">{field.optional ? 'Any' : 'Choose…'}</option>
          {Object.entries(field.choices).map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      ) : (
        <input
          type={field.type ?? 'text'}
          min={field.type === 'number' ? 1 : undefined}
          max={field.type === 'number' ? 100 : undefined}
          placeholder={field.hint}
          {...shared}
        />
      )}
    </label>
  );
}

/** The partner's problems that are not gone, to choose from. */
function ProblemField({ field, wire, partner, onChange }) {
  const [choices, setChoices] = useState({});
  const [value, setValue] = useState('');
  useEffect(() => {
    let current = true;
    wire.ask(pickProblem, { partnerId: partner.id }).then(({ data }) => {
      if (!current || !data?.partner) return;
      const text = ({ client, problem, state }) =>
        `${client ? client.name : 'The connection'}: ${asTitle(problem.code)} (${state.toLowerCase()})`;
      setChoices(Object.fromEntries(data.partner.haloProblems.nodes.map((record) => [record.id, text(record)])));
    });
    return () => {
      current = false;
    };
  }, [partner.id]);
  return (
    <Field
      field={{ ...field, choices }}
      value={value}
      onChange={(id) => {
        setValue(id);
        onChange(id);
      }}
    />
  );
}

const BY_ID = 'by id';

/** The partner's runs to choose from, the latest first, or any run by its id. */
function RunField({ field, wire, partner, value, onChange }) {
  const id = useId();
  const [runs, setRuns] = useState([]);
  const [byId, setById] = useState(false);
  useEffect(() => {
    let current = true;
    setRuns([]);
    if (!partner) return;
    wire.ask(pickRun, { partnerId: partner.id }).then(({ data }) => {
      if (!current || !data?.partner) return;
      const zone = data.partner.haloSyncSettings.timeZone;
      const found = data.partner.haloSyncRuns.nodes.map((run) => ({ ...run, text: label(run, zone) }));
      setRuns(found);
      // The run that was just requested is offered already, else the latest one.
      if (!value && found.length > 0) onChange(found[0].id);
    });
    return () => {
      current = false;
    };
  }, [partner?.id]);

  const typed = byId || !partner || (runs.length > 0 && value !== '' && !runs.some((run) => run.id === value));
  return (
    <>
      {partner && (
        <div className="field">
          <label htmlFor={id}>{field.label}</label>
          <select
            id={id}
            value={typed ? BY_ID : value}
            onChange={(event) => {
              setById(event.target.value === BY_ID);
              onChange(event.target.value === BY_ID ? '' : event.target.value);
            }}
          >
            {runs.length === 0 && <option value="">No sync has run yet</option>}
            {runs.map((run) => (
              <option key={run.id} value={run.id}>
                {run.text}
              </option>
            ))}
            <option value={BY_ID}>Another one, by its id</option>
          </select>
        </div>
      )}
      {typed && (
        <Field
          field={{ ...field, label: partner ? 'Id of the sync' : field.label }}
          value={value}
          onChange={(text) => {
            setById(true);
            onChange(text);
          }}
        />
      )}
    </>
  );
}

const label = (run, zone) =>
  `${asked(run)}, ${when(run.startedAt ?? run.queuedAt, zone)}: ${standing(run)}` +
  (run.progress.total > 0 ? `, ${run.progress.done} of ${run.progress.total}` : '');
