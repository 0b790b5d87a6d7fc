// What is below the banner: the menu at the left, then the form of the open entry and, in two tabs,
// the answer in words and GraphiQL with the operation behind it.
import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { GraphiQLInterface } from 'graphiql';
import { validate } from 'graphql';
import { useEffect, useMemo, useState } from 'react';
import { Answer } from './answer/index.jsx';
import { Desk } from './desk.jsx';
import { Form } from './form.jsx';
import { menu } from './menu.js';

export function Work({ wire, viewer, partner, onPartner, open, onOpen, answer, run, pane, setPane }) {
  const { schema, fetchError, isFetching } = useGraphiQL(pick('schema', 'fetchError', 'isFetching'));
  const { stop } = useGraphiQLActions();
  const runInTab = useRunInTab();
  // An entry that does not match this server's schema is not offered.
  const known = useMemo(
    () => (schema ? menu.filter(({ document }) => validate(schema, document).length === 0) : []),
    [schema],
  );
  const offered = known.filter(({ permission }) => viewer?.may.includes(permission));
  const watch = offered.find(({ kind }) => kind === 'subscription');
  const choose = (partner) => {
    // Stops watching a run of the previous partner.
    stop();
    onPartner(partner);
  };
  const openEntry = (entry) => {
    onOpen(entry);
    if (!entry.isReady || (entry.needsPartner && !partner)) return;
    const initial = entry.fields.filter(({ initial }) => initial !== '');
    const filled = initial.map(({ name, initial, read }) => [name, read(initial)]);
    runInTab(entry, { ...(entry.needsPartner && { partnerId: partner.id }), ...Object.fromEntries(filled) });
  };

  return (
    <>
      <Desk
        {...{ wire, viewer, partner, offered, open }}
        onPartner={choose}
        onOpen={openEntry}
        trouble={whyNoMenu({ schema, fetchError, viewer, known, offered })}
      />
      <main className="work">
        {open && (
          <header className="task" aria-label="What to run">
            <h2>{open.title}</h2>
            <p className="quiet">{open.help}</p>
            <Form
              // A new form for each partner and entry: no value is sent for another one.
              key={`${open.name} ${partner?.id}`}
              {...{ entry: open, wire, partner, run }}
              onRun={(variables) => runInTab(open, variables)}
            />
          </header>
        )}
        <div className="tabs" role="tablist" aria-label="Answer or operation">
          <Tab id="answer" {...{ pane, setPane }}>
            Answer
          </Tab>
          <Tab id="graphql" {...{ pane, setPane }}>
            GraphQL
          </Tab>
        </div>
        <div className="panes">
          <div
            role="tabpanel"
            id="pane-answer"
            aria-labelledby="tab-answer"
            className={pane === 'answer' ? '' : 'behind'}
          >
            <Answer
              {...{ answer, open, run, wire }}
              busy={isFetching}
              known={[viewer?.partner, partner]}
              onPartner={viewer?.partner ? null : choose}
              onWatch={
                watch
                  ? (runId) => {
                      onOpen(watch);
                      runInTab(watch, { runId });
                    }
                  : null
              }
              onMore={(after) => {
                const entry = offered.find(({ name }) => name === answer.name);
                if (entry) runInTab(entry, { ...answer.variables, after });
              }}
            >
              <Welcome isFetching={isFetching} open={open} />
            </Answer>
          </div>
          <div
            role="tabpanel"
            id="pane-graphql"
            aria-labelledby="tab-graphql"
            className={pane === 'graphql' ? '' : 'behind'}
          >
            <GraphiQLInterface
              isHeadersEditorEnabled={false}
              showPersistHeadersSettings={false}
              defaultEditorToolsVisibility="variables"
            />
          </div>
        </div>
      </main>
    </>
  );
}

function Tab({ id, pane, setPane, children }) {
  const selected = pane === id;
  return (
    <button
      type="button"
      role="tab"
      id={`tab-${id}`}
      aria-selected={selected}
      aria-controls={`pane-${id}`}
      tabIndex={selected ? 0 : -1}
      onClick={() => setPane(id)}
      onKeyDown={({ key, currentTarget }) => {
        if (key !== 'ArrowLeft' && key !== 'ArrowRight') return;
        const other = currentTarget.nextElementSibling ?? currentTarget.previousElementSibling;
        other.click();
        other.focus();
      }}
    >
      {children}
    </button>
  );
}

function Welcome({ isFetching, open }) {
  if (isFetching && open) return <p className="lead">Asking…</p>;
  return (
    <div className="welcome">
      <h2>{open ? open.title : 'Support desk'}</h2>
      <p>
        {open
          ? 'Fill in what is missing and run it: the answer appears here.'
          : 'Choose a question from the menu: the answer appears here. Most questions are about one partner, which you choose first.'}
      </p>
    </div>
  );
}

function whyNoMenu({ schema, fetchError, viewer, known, offered }) {
  if (!schema) return fetchError ? 'The menu needs the schema, which could not be read.' : 'Reading the schema…';
  if (known.length === 0) return "None of the saved operations matches this server's schema.";
  if (viewer === null) return 'The API did not say what you may do. Reload the page, or contact the operator.';
  return offered.length === 0 ? 'Your role permits none of the saved operations.' : null;
}

/** Runs a saved operation in its tab, or in a new one. */
function useRunInTab() {
  const { addTab, changeTab, updateActiveTabValues, setOperationName, stop, run } = useGraphiQLActions();
  const { queryEditor, variableEditor, tabs, activeTabIndex } = useGraphiQL(
    pick('queryEditor', 'variableEditor', 'tabs', 'activeTabIndex'),
  );
  // Beside the documentation the editors are narrow, so long lines are wrapped.
  useEffect(() => {
    for (const editor of [queryEditor, variableEditor]) editor?.updateOptions({ wordWrap: 'on' });
  }, [queryEditor, variableEditor]);
  useEffect(showActiveTab, [activeTabIndex, tabs.length]);
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

/** The strip of tabs scrolls, and the active one may be outside of it. */
function showActiveTab() {
  const tab = document.querySelector('.graphiql-tab-active');
  const strip = tab?.closest('.graphiql-tabs');
  if (!strip) return;
  const { left, right } = tab.getBoundingClientRect();
  const bounds = strip.getBoundingClientRect();
  if (left < bounds.left) strip.scrollLeft -= bounds.left - left;
  else if (right > bounds.right) strip.scrollLeft += right - bounds.right;
}
