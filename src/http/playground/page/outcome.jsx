// A summary of the latest answer, without JSON: whether the operation succeeded, problems, next
// steps.
import { useEffect, useRef } from 'react';
import { menu } from './menu.js';
import { usePartner } from './partner.js';

/** The problems of an answer: its GraphQL errors, then each entry of a mutation's `userErrors`. */
export function problemsOf({ data, errors }) {
  const refused = (errors ?? []).map(({ message, extensions }) => ({ message, code: extensions?.code }));
  const user = Object.values(data ?? {}).flatMap((payload) => payload?.userErrors ?? []);
  return [...refused, ...user];
}

export function Outcome({ answer, run, wire, known, onPartner, onWatch, onMore }) {
  const about = usePartner(wire, answer?.partnerId, known);
  const section = useRef(null);
  // A watched run is scrolled into view once, not with each of its events.
  const news = answer?.kind === 'subscription' ? run?.id : answer?.at;
  useEffect(() => {
    const shown = section.current;
    const fits = shown.offsetHeight < shown.parentElement.clientHeight;
    if (answer) shown.scrollIntoView({ block: fits ? 'nearest' : 'start' });
  }, [news]);
  if (!answer) return <section className="outcome" aria-live="polite" aria-label="Outcome" ref={section} />;
  const problems = problemsOf(answer.result);
  const { requestHaloSync, confirmHaloTenantChange, testHaloConnection, haloSyncPreview, haloSyncRun, partner, partners } =
    answer.result.data ?? {};
  const queued = requestHaloSync?.run ?? confirmHaloTenantChange?.run;
  const test = testHaloConnection?.test;
  const found = partners?.nodes ?? [];
  return (
    <section className="outcome" aria-live="polite" aria-label="Outcome" ref={section}>
      <Title answer={answer} partner={haloSyncRun?.partner ?? (answer.partnerId ? about : null)} />
      {problems.map((problem, index) => (
        <Problem key={index} {...problem} />
      ))}
      {test && <Tested test={test} />}
      {answer.name === 'WhyLastNightFailed' && partner?.night && <LastNight partner={partner} />}
      {answer.name === 'WhoChangedWhat' && partner?.activity && <Changed activity={partner.activity} onMore={onMore} />}
      {answer.name === 'PreviewTonight' && haloSyncPreview?.entries && <Previewed preview={haloSyncPreview} />}
      {problems.length === 0 && answer.kind === 'mutation' && !test && (
        <p className="good">{queued ? 'Queued.' : 'Done.'}</p>
      )}
      {queued && onWatch && (
        <button type="button" onClick={() => onWatch(queued.id)}>
          Watch it live
        </button>
      )}
      {partners && found.length === 0 && (
        <p>{answer.name === 'FindPartner' ? 'No partner matches.' : 'No partner needs attention.'}</p>
      )}
      {found.length > 0 && (
        <ul className="found" aria-label="Partners found">
          {found.map((partner) => (
            <li key={partner.id}>
              {onPartner && (
                <button type="button" onClick={() => onPartner(partner)}>
                  Act for {partner.name}
                </button>
              )}
              <Standing partner={partner} />
            </li>
          ))}
        </ul>
      )}
      <More page={partners?.pageInfo} onMore={onMore}>
        More partners
      </More>
      {run && answer.kind === 'subscription' && <Progress run={run} />}
    </section>
  );
}

/** The operation, the partner and the time of the answer. */
function Title({ answer: { name, at }, partner }) {
  const title = menu.find((entry) => entry.name === name)?.title ?? name ?? 'An operation without a name';
  return (
    <h2>
      {title}{' '}
      <span>
        {partner && <b>{partner.name}</b>} {at.toLocaleTimeString([], clock)}
      </span>
    </h2>
  );
}

function Problem({ message, remedy, code }) {
  return (
    <p className="problem">
      {message} {remedy} {code && <code>{code}</code>}
    </p>
  );
}

/** The status of a partner, in one line. */
function Standing({ partner: { haloConnection, clientCounts } }) {
  return (
    <>
      <p className="quiet">
        {haloConnection ? (connected[haloConnection.status] ?? haloConnection.status) : 'Halo is not connected'}
        {clientCounts && `, ${clientCounts.mapped} of ${count(clientCounts.total, 'client')} mapped`}
        {clientCounts?.needingAttention > 0 && `, ${clientCounts.needingAttention} with a problem to resolve`}
      </p>
      {haloConnection?.problem && <Problem {...haloConnection.problem} />}
    </>
  );
}

function More({ page, onMore, children }) {
  if (!page?.hasNextPage) return null;
  return (
    <button type="button" onClick={() => onMore(page.endCursor)}>
      {children}
    </button>
  );
}

/** Clients with a problem or warning, each with its remedy. */
function Troubled({ entries }) {
  const troubled = entries.filter(({ problem }) => problem);
  return (
    <>
      {troubled.slice(0, 10).map(({ client, problem }, index) => (
        <Problem key={index} {...problem} message={`${client?.name}: ${problem.message}`} />
      ))}
      {troubled.length > 10 && <p className="quiet">More clients are in the answer.</p>}
    </>
  );
}

const DAY = 24 * 60 * 60 * 1000;
/** How much earlier than due a nightly sync may start: it joins a sync that is already queued. */
const EARLIER = DAY / 12;

/** The last nightly sync and the latest run since; then the clients with problems. */
function LastNight({ partner: { haloConnection, haloSyncSettings: settings, night, latest } }) {
  const zone = settings.timeZone;
  const [found] = night.nodes;
  // A partner's nightly sync is due at the same time each day.
  const next = haloConnection?.nextNightlySyncAt;
  const due = (next ? Date.parse(next) : Date.now()) - DAY - EARLIER;
  const last = found && Date.parse(found.startedAt ?? found.queuedAt) >= due ? found : null;
  const [since] = latest.nodes;
  const run = last ?? since;
  return (
    <>
      {last && (
        <p>
          Last night ({when(last.startedAt, zone)}): {standing(last)}.
        </p>
      )}
      {last && <Summary summary={last.summary} />}
      {!last && (
        <p className="missing">
          {found ? `No nightly sync has run since ${when(found.startedAt ?? found.queuedAt, zone)}.` : 'No nightly sync has run yet.'}
        </p>
      )}
      {!last && <Nights settings={settings} connected={haloConnection !== null} next={next} />}
      {since && since.id !== last?.id && (
        <p>
          {last ? 'Since then' : 'The latest run'} ({inWords(since.trigger)}, {when(since.startedAt, zone)}):{' '}
          {standing(since)}.
        </p>
      )}
      {haloConnection === null && <p className="problem">Halo is not connected.</p>}
      {haloConnection?.problem && <Problem {...haloConnection.problem} />}
      {run?.problem && run.problem.code !== haloConnection?.problem?.code && <Problem {...run.problem} />}
      {last && <Troubled entries={last.results.nodes} />}
    </>
  );
}

/** When nightly syncs run, for a partner whose last one is missing. */
function Nights({ settings: { nightly, nightStart, nightEnd, timeZone }, connected, next }) {
  if (!nightly) return <p>Nightly syncs are switched off for this partner.</p>;
  return (
    <p>
      Nightly syncs start between {nightStart} and {nightEnd} ({timeZone}).{' '}
      {connected && next && `The next is due ${when(next, timeZone)}, if a client is mapped by then.`}
    </p>
  );
}

function Summary({ summary }) {
  const parts = ['created', 'updated', 'unchanged', 'failed', 'skipped'].filter((name) => summary[name] > 0);
  return (
    <p className="summary">
      {parts.length === 0 ? 'Nothing was done.' : parts.map((name) => `${summary[name]} ${name}`).join(', ')}
    </p>
  );
}

function Tested({ test: { works, problem, checks = [] } }) {
  const odd = checks.filter(({ outcome }) => outcome === 'MISSING' || outcome === 'WARNING');
  return (
    <>
      {works && <p className="good">The connection works.</p>}
      {problem && <Problem {...problem} />}
      {odd
        .filter(({ message }) => message !== problem?.message)
        .map(({ subject, message }) => (
          <p key={subject} className="quiet">
            {message}
          </p>
        ))}
    </>
  );
}

function Changed({ activity: { nodes, pageInfo }, onMore }) {
  return (
    <>
      <ul className="changes" aria-label="Changes">
        {nodes.map(({ at, actor, action, reason, subject, changes }, index) => (
          <li key={index}>
            {inWords(action)} {subject?.client && <b>{subject.client.name}</b>}{' '}
            <span className="quiet">
              by {actor.name}, {when(at)}
            </span>
            {changes.map(shown).filter(Boolean).map((change) => (
              <div key={change}>{change}</div>
            ))}
            {reason && <q>{reason}</q>}
          </li>
        ))}
      </ul>
      {nodes.length === 0 && <p>Nothing was changed.</p>}
      <More page={pageInfo} onMore={onMore}>
        Older changes
      </More>
    </>
  );
}

const ID = /^[a-z]+_[0-9a-f]{32}$/;

/** One change as a text. The summary shows no ids: a list of ids is shown by its length. */
function shown({ name, before, after }) {
  const [was, is] = [before, after].map((value) => {
    if (value === null) return 'none';
    const list = value.startsWith('["') && JSON.parse(value);
    return list ? `${list.length}` : value;
  });
  return ID.test(was) || ID.test(is) ? null : `${name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)}: ${was} → ${is}`;
}

function Previewed({ preview: { complete, entries } }) {
  const changing = entries.filter(({ action }) => action && !['NO_CHANGE', 'REPORT', 'WAIT'].includes(action));
  const troubled = entries.filter(({ problem }) => problem).length;
  return (
    <>
      <p>
        {entries.length === 0
          ? 'No client is mapped yet, so nothing would change.'
          : `${changing.length} of ${count(entries.length, 'client')} would change.`}
        {troubled > 0 && ` ${count(troubled, 'client')} with a problem or warning.`}
      </p>
      <ul className="changes" aria-label="What would change">
        {changing.slice(0, 8).map(({ client, quantityInHalo, quantityAfter, action }, index) => (
          <li key={index}>
            {client.name}{' '}
            <span className="quiet">
              {inWords(action)}, {quantityInHalo ?? 'none'} → {quantityAfter ?? 'undetermined'}
            </span>
          </li>
        ))}
      </ul>
      {changing.length > 8 && <p className="quiet">More clients are in the answer.</p>}
      <Troubled entries={entries} />
      {!complete && (
        <p className="quiet">
          Not every client was read from Halo: entries without an action show the data that was last read.
        </p>
      )}
    </>
  );
}

function Progress({ run }) {
  const { done, total } = run.progress;
  return (
    <div className="progress">
      <label>
        {run.partner?.name ?? 'Run'}: {standing(run)}, {done} of {total}
        <progress max={Math.max(total, 1)} value={done} />
      </label>
      {run.finishedAt && <Summary summary={run.summary} />}
      {run.problem && <Problem {...run.problem} />}
      {run.results && <Troubled entries={run.results.nodes} />}
    </div>
  );
}

const inWords = (name = '') => name.toLowerCase().replaceAll(/[_.]/g, ' ');

const clock = { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' };

/** A time in the given time zone, else in the reader's, with the zone's name. */
const when = (at, timeZone) =>
  at
    ? new Date(at).toLocaleString([], { timeZone, year: 'numeric', month: 'short', day: 'numeric', ...clock })
    : 'not started yet';

const count = (number, what) => `${number} ${what}${number === 1 ? '' : 's'}`;

const connected = { CONNECTED: 'Connected', NEEDS_ATTENTION: 'The connection needs attention' };

const words = {
  QUEUED: 'waiting',
  RUNNING: 'running',
  SUCCEEDED: 'finished',
  PARTIALLY_SUCCEEDED: 'finished, some clients failed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};

/** The status of a run, in words. */
const standing = ({ status, continuedBy }) => (continuedBy ? 'continued by another sync' : (words[status] ?? status));
