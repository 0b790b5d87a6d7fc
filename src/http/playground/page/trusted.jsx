// The page of a partner's user where the server takes the operations of the contract alone: they
// are listed by name, with a field for each variable. There is no editor, which needs the schema.
import { Kind, parse, print, valueFromASTUntyped } from 'graphql';
import { useEffect, useRef, useState } from 'react';
import { Answer } from './answer/index.jsx';
import { Banner } from './banner.jsx';
import { Unfold } from './desk.jsx';

export function TrustedWorkspace({ config, session, state, onHelp, wire, viewer, setViewer, answer }) {
  const [operations, setOperations] = useState(null);
  const [open, setOpen] = useState(null);
  const [folded, setFolded] = useState(true);
  const [busy, setBusy] = useState(false);
  const watching = useRef(null);

  useEffect(() => {
    fetch('/playground/operations.json')
      .then((response) => response.json())
      .then((texts) => {
        const read = listed(Object.values(texts));
        setOperations(read);
        // One of them says who the caller is.
        const whoAmI = read.find(
          ({ text, fields }) => /\bviewer \{/.test(text) && /\bname\b/.test(text) && fields.length === 0,
        );
        if (whoAmI) wire.ask(whoAmI.text, {}, whoAmI.name).then(({ data }) => setViewer(data?.viewer ?? null));
      })
      .catch(() => setOperations([]));
    return () => watching.current?.return();
  }, []);

  async function run({ text, name, kind }, variables) {
    watching.current?.return();
    setBusy(true);
    const answers = await wire.fetcher({ query: text, operationName: name, variables });
    setBusy(false);
    if (kind !== 'subscription') return;
    watching.current = answers;
    for await (const _ of answers);
  }

  return (
    <div className="page">
      <Banner {...{ config, session, state, viewer, onHelp }}>
        <p className="acting">
          Acting for <b>{viewer?.partner?.name ?? 'your own partner'}</b>
        </p>
      </Banner>
      <nav className="desk" aria-label="Operations" id="desk" tabIndex={-1}>
        <p className="quiet">
          This server runs the operations of the frontend's contract for your role, and no others. Choose one to run it.
        </p>
        {operations?.length === 0 && <p className="quiet">The operations could not be read. Reload the page.</p>}
        {open && <Unfold {...{ folded, setFolded }} />}
        <ul className={`menu ${open && folded ? 'folded' : ''}`} id="menu">
          {operations?.map((entry) => (
            <li key={entry.name}>
              <button
                type="button"
                aria-current={open === entry ? 'true' : undefined}
                onClick={() => {
                  setFolded(true);
                  setOpen(entry);
                  if (entry.kind === 'query' && entry.fields.every(({ required }) => !required))
                    run(entry, defaults(entry));
                }}
              >
                {entry.title}
                {entry.kind !== 'query' && <em>{entry.kind === 'mutation' ? 'action' : 'live'}</em>}
              </button>
            </li>
          ))}
        </ul>
      </nav>
      <main className="work">
        {open && (
          <header className="task" aria-label="What to run">
            <h2>{open.title}</h2>
            <Form key={open.name} entry={open} onRun={(variables) => run(open, variables)} />
          </header>
        )}
        <div className="panes">
          <div id="pane-answer">
            <Answer answer={answer} open={open} busy={busy} wire={wire} known={[viewer?.partner]}>
              <div className="welcome">
                <h2>Operations of the contract</h2>
                <p>Choose an operation from the menu: the answer appears here.</p>
              </div>
            </Answer>
            {answer && (
              <details className="raw">
                <summary>The answer as JSON</summary>
                <pre tabIndex={0}>{JSON.stringify(answer.result, null, 2)}</pre>
              </details>
            )}
            {open && (
              <details className="raw">
                <summary>The operation</summary>
                <pre tabIndex={0}>{open.text}</pre>
              </details>
            )}
          </div>
        </div>
      </main>
    </div>
  );
}

function Form({ entry, onRun }) {
  const [values, setValues] = useState(() =>
    Object.fromEntries(entry.fields.map(({ name, initial }) => [name, initial])),
  );
  const [wrong, setWrong] = useState(null);

  function submit(event) {
    event.preventDefault();
    try {
      const filled = entry.fields
        .filter(({ name }) => values[name] !== '')
        .map(({ name, read }) => [name, read(values[name])]);
      setWrong(null);
      onRun(Object.fromEntries(filled));
    } catch {
      setWrong('A field is not JSON. Check its quotes and brackets, then run it again.');
    }
  }

  return (
    <form onSubmit={submit} aria-label={entry.title}>
      {entry.fields.map(({ name, type, required, Input, hint }) => (
        <label key={name} className="field">
          <span>
            {name} <small>{type}</small>
          </span>
          <Input
            required={required}
            placeholder={hint}
            value={values[name]}
            onChange={(event) => setValues({ ...values, [name]: event.target.value })}
          />
        </label>
      ))}
      <div className="run">
        <button type="submit" className="primary">
          Run
        </button>
      </div>
      {wrong && (
        <p className="problem" role="alert">
          {wrong}
        </p>
      )}
    </form>
  );
}

const Text = (props) => <input type="text" {...props} />;
const Whole = (props) => <input type="number" step={1} {...props} />;
const Json = (props) => <textarea rows={3} spellCheck={false} {...props} />;
const YesOrNo = ({ placeholder, ...props }) => (
  <select {...props}>
    <option value="">default</option>
    <option value="true">yes</option>
    <option value="false">no</option>
  </select>
);

const inputs = {
  ID: { Input: Text, read: (text) => text.trim() },
  String: { Input: Text, read: (text) => text },
  Int: { Input: Whole, read: Number },
  Boolean: { Input: YesOrNo, read: (text) => text === 'true' },
};

/** A list or an input object is typed as JSON. An enum, or a scalar of ours, is a text. */
const json = { Input: Json, hint: 'JSON', read: JSON.parse };
const inputOf = (type) => inputs[type.replace('!', '')] ?? (/\[|Input\b/.test(type) ? json : inputs.String);

/** The operations by title. Of two texts of the same operation, the later one is kept. */
function listed(texts) {
  const byName = new Map();
  for (const text of texts) {
    const operation = parse(text).definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    byName.set(operation.name.value, {
      name: operation.name.value,
      kind: operation.operation,
      title: operation.name.value.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`),
      text,
      fields: operation.variableDefinitions.map(({ variable, type, defaultValue }) => {
        const required = type.kind === Kind.NON_NULL_TYPE;
        const initial = defaultValue ? valueFromASTUntyped(defaultValue) : '';
        return {
          name: variable.name.value,
          type: print(type),
          required: required && !defaultValue,
          initial: typeof initial === 'object' ? JSON.stringify(initial) : String(initial),
          ...inputOf(print(type)),
        };
      }),
    });
  }
  return [...byName.values()].sort((one, other) => one.title.localeCompare(other.title));
}

const defaults = ({ fields }) =>
  Object.fromEntries(
    fields.filter(({ initial }) => initial !== '').map(({ name, initial, read }) => [name, read(initial)]),
  );
