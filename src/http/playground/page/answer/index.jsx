// The answer to the latest operation, in words: problems first, then what was asked.
import { useEffect, useRef } from 'react';
import { menu } from '../menu.js';
import { usePartner } from '../partner.js';
import { clock } from '../words.js';
import { Billed } from './billed.jsx';
import { Changes } from './changes.jsx';
import { Comparison } from './comparison.jsx';
import { Connection } from './connection.jsx';
import { LastNight } from './last_night.jsx';
import { Mappings } from './mappings.jsx';
import { Partners } from './partners.jsx';
import { Problem } from './parts.jsx';
import { Preview } from './preview.jsx';
import { Problems } from './problems.jsx';
import { Progress } from './progress.jsx';
import { Readable } from './readable.jsx';
import { Troubles } from './troubles.jsx';
import { Webhooks } from './webhooks.jsx';

/** The problems of an answer: its GraphQL errors, then each entry of a mutation's `userErrors`. */
export function problemsOf({ data, errors }) {
  const refused = (errors ?? []).map(({ message, extensions }) => ({ message, code: extensions?.code }));
  const user = Object.values(data ?? {}).flatMap((payload) => payload?.userErrors ?? []);
  return [...refused, ...user];
}

export function Answer({ answer, open, busy, run, wire, known, onPartner, onWatch, onMore, children }) {
  const about = usePartner(wire, answer?.partnerId, known);
  const section = useRef(null);
  // A watched run is scrolled into view once, not with each of its events.
  const news = answer?.kind === 'subscription' ? run?.id : answer?.at;
  useEffect(() => {
    if (!answer) return;
    // On a narrow page the whole page scrolls, else the pane.
    const pane = section.current.parentElement;
    if (getComputedStyle(pane).overflowY === 'auto') pane.scrollTo(0, 0);
    else section.current.scrollIntoView({ block: 'start' });
  }, [news]);
  return (
    <section className="outcome" aria-label="Answer" aria-busy={busy} ref={section} tabIndex={-1} id="answer">
      {answer ? (
        <>
          <Title
            answer={answer}
            open={open}
            partner={answer.result.data?.haloSyncRun?.partner ?? (answer.partnerId ? about : null)}
          />
          {problemsOf(answer.result).map((problem, index) => (
            <Problem key={index} {...problem} />
          ))}
          <Body {...{ answer, run, onPartner, onWatch, onMore }} />
        </>
      ) : (
        children
      )}
    </section>
  );
}

function Body({ answer: { name, kind, variables, result, saved }, run, onPartner, onWatch, onMore }) {
  const data = result.data ?? {};
  const refused = problemsOf(result).length > 0;
  if (kind === 'subscription' && run) return <Progress run={run} />;
  const views = {
    FindPartner: () =>
      data.partners && <Partners found={data.partners} search={variables?.search} onPartner={onPartner} />,
    TroubleThisMorning: () =>
      data.partnersInTrouble && <Troubles found={data.partnersInTrouble} {...{ onPartner, onWatch, onMore }} />,
    WhatChanged: () => data.haloProblems && <Problems found={data.haloProblems} {...{ onPartner, onMore }} />,
    ProblemsOfPartner: () =>
      data.partner?.haloProblems && (
        <Problems
          found={data.partner.haloProblems}
          counts={data.partner.haloProblemCounts}
          zone={data.partner.haloSyncSettings.timeZone}
          onMore={onMore}
        />
      ),
    WhyLastNightFailed: () => data.partner?.night && <LastNight partner={data.partner} />,
    WhyClientIsBilled: () => data.partner && <Billed data={data} />,
    WhoChangedWhat: () => data.partner?.activity && <Changes activity={data.partner.activity} onMore={onMore} />,
    PreviewTonight: () => data.haloSyncPreview?.entries && (
      <Preview preview={data.haloSyncPreview} pause={data.partner?.haloSyncPause} />
    ),
    CompareEverything: () =>
      data.reconcileHalo?.reconciliation && <Comparison report={data.reconcileHalo.reconciliation} />,
    WhatCanBeMapped: () =>
      data.partner?.haloMappingSuggestions && <Mappings partner={data.partner} onMore={onMore} />,
    WebhooksOfPartner: () => data.partner?.haloWebhooks && <Webhooks partner={data.partner} />,
    RecheckConnection: () => data.testHaloConnection?.test && <Connection test={data.testHaloConnection.test} />,
  };
  // The texts of the saved operations are known; the user may have changed one in the editor.
  if (saved && views[name]) return views[name]() || null;
  if (saved && kind === 'mutation') {
    const queued = data.requestHaloSync?.run ?? data.recheckHaloProblem?.run ?? data.confirmHaloTenantChange?.run;
    return (
      <>
        {!refused && <p className="lead good">{queued ? 'Queued.' : 'Done.'}</p>}
        {queued && onWatch && (
          <button type="button" className="primary" onClick={() => onWatch(queued.id)}>
            Watch it live
          </button>
        )}
      </>
    );
  }
  return result.data ? <Readable value={result.data} /> : null;
}

/** The operation, unless its form is above, the partner and the time of the answer. */
function Title({ answer: { name, at }, open, partner }) {
  const title = menu.find((entry) => entry.name === name)?.title ?? name ?? 'An operation without a name';
  return (
    <h2 aria-live="polite">
      <span className={open?.name === name ? 'visually-hidden' : 'title'}>{title}</span>
      <span>
        {partner && <b>{partner.name}</b>} {at.toLocaleTimeString([], clock)}
      </span>
    </h2>
  );
}
