// The latest answer in a few words, for those who do not want to read JSON: did it work, what was wrong, what next.
import { useEffect, useRef } from 'react';
import { menu } from './menu.js';
import { usePartner } from './partner.js';

/** Problems of an answer in words: what GraphQL itself refused, then every `userErrors` entry of a mutation. */
export function problemsOf({ data, errors }) {
  const refused = (errors ?? []).map(({ message, extensions }) => ({ message, code: extensions?.code }));
  const user = Object.values(data ?? {}).flatMap((payload) => payload?.userErrors ?? []);
  return [...refused, ...user];
}

export function Outcome({ answer, run, wire, known, onPartner, onWatch }) {
  const about = usePartner(wire, answer?.partnerId, known);
  const section = useRef(null);
  // A run that is watched comes into view once, not with each of its steps.
  const news = answer?.kind === 'subscription' ? run?.id : answer?.at;
  useEffect(() => {
    const shown = section.current;
    const fits = shown.offsetHeight < shown.parentElement.clientHeight;
    if (answer) shown.scrollIntoView({ block: fits ? 'nearest' : 'start' });
  }, [news]);
  if (!answer) return <section className="outcome" aria-live="polite" aria-label="Outcome" ref={section} />;
  const problems = problemsOf(answer.result);
  const { requestHaloSync, testHaloConnection, haloSyncPreview, haloSyncRun, partner, partners } = answer.result.data ?? {};
  const queued = requestHaloSync?.run;
  const test = testHaloConnection?.test;
  const found = partners?.nodes ?? [];
  return (
    <section className="outcome" aria-live="polite" aria-label="Outcome" ref={section}>
      <Title answer={answer} partner={haloSyncRun?.partner ?? (answer.partnerId ? about : null)} />
      {problems.map((problem, index) => (
        <Problem key={index} {...problem} />
      ))}
      {test && <Tested test={test} />}
      {answer.name === 'WhyLastNightFailed' && partner?.haloSyncRuns && <LastNight partner={partner} />}
      {answer.name === 'WhoChangedWhat' && partner?.activity && <Changed activity={partner.activity} />}
      {answer.name === 'PreviewTonight' && haloSyncPreview?.entries && <Previewed preview={haloSyncPreview} />}
      {problems.length === 0 && answer.kind === 'mutation' && !test && (
        <p className="good">{queued ? 'Queued.' : 'Done.'}</p>
      )}
      {queued && onWatch && (
        <button type="button" onClick={() => onWatch(queued.id)}>
          Watch it live
        </button>
      )}
      {partners && found.length === 0 && <p>No partner is found by that.</p>}
      {onPartner && found.length > 0 && (
        <ul className="found" aria-label="Partners found">
          {found.map((partner) => (
            <li key={partner.id}>
              <button type="button" onClick={() => onPartner(partner)}>
                Act for {partner.name}
              </button>
            </li>
          ))}
        </ul>
      )}
      {run && answer.kind === 'subscription' && <Progress run={run} />}
    </section>
  );
}

/** What was asked, about whom and when: an answer outlives the moment in which one knows. */
function Title({ answer: { name, at }, partner }) {
  const title = menu.find((entry) => entry.name === name)?.title ?? name ?? 'An operation without a name';
  return (
    <h2>
      {title}{' '}
      <span>
        {partner && <b>{partner.name}</b>} {at.toLocaleTimeString([], { timeStyle: 'short' })}
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

/** How the last night went, and what was run since; then the first few clients where something has to be mended. */
function LastNight({ partner: { haloConnection, haloSyncRuns } }) {
  const latest = haloSyncRuns.nodes[0];
  const night = haloSyncRuns.nodes.find(({ trigger }) => trigger === 'NIGHTLY');
  const run = night ?? latest;
  const clients = (run?.results?.nodes ?? []).filter(({ problem }) => problem);
  return (
    <>
      {night && (
        <p>
          Last night ({when(night.startedAt)}): {words[night.status] ?? night.status}.
        </p>
      )}
      {latest && latest !== night && (
        <p>
          {night ? 'Since then' : 'The latest run'} ({inWords(latest.trigger)}, {when(latest.startedAt)}):{' '}
          {words[latest.status] ?? latest.status}.
        </p>
      )}
      {!latest && <p>There has been no run yet.</p>}
      {latest && !night && <p className="quiet">None of these runs is a night's: ask for more of them.</p>}
      {haloConnection === null && <p className="problem">Halo is not connected.</p>}
      {haloConnection?.problem && <Problem {...haloConnection.problem} />}
      {run?.problem && run.problem.code !== haloConnection?.problem?.code && <Problem {...run.problem} />}
      {clients.slice(0, 5).map(({ client, problem }, index) => (
        <Problem key={index} {...problem} message={`${client?.name}: ${problem.message}`} />
      ))}
      {clients.length > 5 && <p className="quiet">More clients are in the answer.</p>}
    </>
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

/** The changes among the entries; that support looked is in the answer. */
function Changed({ activity: { nodes } }) {
  const changes = nodes.filter(({ action }) => action !== 'support.read');
  return (
    <>
      <ul className="changes" aria-label="Changes">
        {changes.slice(0, 8).map(({ at, actor, action, reason }, index) => (
          <li key={index}>
            {inWords(action)} <span className="quiet">by {actor.name}, {when(at)}</span>
            {reason && <q>{reason}</q>}
          </li>
        ))}
      </ul>
      {changes.length === 0 && <p>Nothing was changed in these entries: support looked, no more.</p>}
      {changes.length > 8 && <p className="quiet">Older changes are in the answer.</p>}
    </>
  );
}

function Previewed({ preview: { complete, entries } }) {
  const changing = entries.filter(({ action }) => action && !['LEAVE', 'REPORT', 'WAIT'].includes(action));
  const troubled = entries.filter(({ problem }) => problem);
  return (
    <>
      <p>
        {entries.length === 0
          ? 'No client is mapped yet, so nothing would change.'
          : `${changing.length} of ${count(entries.length, 'client')} would change.`}
        {troubled.length > 0 && ` ${count(troubled.length, 'client')} with something to mend or worth a look.`}
      </p>
      <ul className="changes" aria-label="What would change">
        {changing.slice(0, 8).map(({ client, quantityInHalo, quantityAfter, action }, index) => (
          <li key={index}>
            {client.name}{' '}
            <span className="quiet">
              {inWords(action)}, {quantityInHalo ?? 'none'} → {quantityAfter ?? 'not settled'}
            </span>
          </li>
        ))}
      </ul>
      {changing.length > 8 && <p className="quiet">More clients are in the answer.</p>}
      {!complete && (
        <p className="quiet">
          Halo was not looked at for every client: entries without an action show what was seen last.
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
        {run.partner?.name ?? 'Run'}: {words[run.status] ?? run.status}, {done} of {total}
        <progress max={Math.max(total, 1)} value={done} />
      </label>
      {run.problem && <Problem {...run.problem} />}
    </div>
  );
}

const inWords = (name = '') => name.toLowerCase().replaceAll(/[_.]/g, ' ');

const when = (at) =>
  at ? new Date(at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' }) : 'not started yet';

const count = (number, what) => `${number} ${what}${number === 1 ? '' : 's'}`;

const words = {
  QUEUED: 'waiting',
  RUNNING: 'running',
  SUCCEEDED: 'finished',
  PARTIALLY_SUCCEEDED: 'finished, some clients failed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};
