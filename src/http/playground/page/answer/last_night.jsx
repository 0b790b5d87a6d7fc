// "Why did last night fail?": the night, what is still broken, what was fixed since, and the runs.
import { asked, count, howFar, lookOf, standing, when } from '../words.js';
import { Part, Problem, Summary, Table, Tag } from './parts.jsx';
import { TroubleList } from './troubles.jsx';

const DAY = 24 * 60 * 60 * 1000;
/** How much earlier than due a nightly sync may start: it joins a sync that is already queued. */
const EARLIER = DAY / 12;

export function LastNight({ partner }) {
  const { haloConnection, haloSyncSettings: settings, haloTroubles: troubles, night, latest, activity } = partner;
  const zone = settings.timeZone;
  const [found] = night.nodes;
  // A partner's nightly sync is due at the same time each day.
  const next = haloConnection?.nextNightlySyncAt;
  const due = (next ? Date.parse(next) : Date.now()) - DAY - EARLIER;
  const last = found && Date.parse(found.startedAt ?? found.queuedAt) >= due ? found : null;
  const entries = last?.results.nodes ?? [];
  const broken = entries.filter((entry) => !fixed(entry));
  const resolved = entries.filter(fixed);
  return (
    <>
      {last ? (
        <Night run={last} zone={zone} broken={broken} lastSyncedAt={haloConnection?.lastSyncedAt} />
      ) : (
        <>
          <p className="lead missing">
            {found
              ? `No nightly sync has run since ${when(found.startedAt ?? found.queuedAt, zone)}.`
              : 'No nightly sync has run yet.'}
          </p>
          <Nights settings={settings} connected={haloConnection !== null} next={next} />
        </>
      )}
      {haloConnection === null && <p className="problem">Halo is not connected.</p>}
      {troubles.length > 0 && (
        <Part title="What is wrong now">
          <TroubleList troubles={troubles} zone={zone} />
        </Part>
      )}
      {broken.length > 0 && (
        <Part title={`Still broken: ${count(broken.length, 'client')}`}>
          <ul className="clients" aria-label="Still broken">
            {broken.map((entry, index) => (
              <StillBroken key={index} entry={entry} zone={zone} />
            ))}
          </ul>
        </Part>
      )}
      {resolved.length > 0 && (
        <Part title={`Fixed since: ${count(resolved.length, 'client')}`}>
          <ul className="clients" aria-label="Fixed since">
            {resolved.map((entry, index) => (
              <Fixed key={index} entry={entry} zone={zone} />
            ))}
          </ul>
        </Part>
      )}
      {last && last.results.totalCount > entries.length && (
        <p className="quiet">{last.results.totalCount - entries.length} more clients failed. The first are shown.</p>
      )}
      <Part title="The latest syncs">
        <Runs runs={latest.nodes} activity={activity.nodes} zone={zone} />
      </Part>
    </>
  );
}

function Night({ run, zone, broken, lastSyncedAt }) {
  const allConfirmed = run.startedAt && lastSyncedAt && Date.parse(lastSyncedAt) >= Date.parse(run.startedAt);
  const failed = ['FAILED', 'PARTIALLY_SUCCEEDED'].includes(run.status);
  return (
    <>
      <p className="lead">
        Last night ({when(run.startedAt, zone)}): {standing(run)}.{' '}
        {failed && allConfirmed && broken.length === 0 && <Tag look="good">fixed since</Tag>}
      </p>
      <p>
        <Summary summary={run.summary} />
      </p>
    </>
  );
}

/** A client is fixed once Halo has confirmed it after the night, or it is not mapped any more. */
function fixed({ client: { haloAssociation: now }, at }) {
  if (!now) return true;
  return now.status !== 'NEEDS_ATTENTION' && now.lastSyncedAt !== null && Date.parse(now.lastSyncedAt) > Date.parse(at);
}

function StillBroken({ entry: { client, problem, outcome, evidence, at }, zone }) {
  const now = client.haloAssociation?.problem ?? problem;
  return (
    <li>
      <Problem
        message={`${client.name}: ${now?.message ?? (outcome === 'SKIPPED' ? 'The sync did not reach the client.' : 'It failed.')}`}
        remedy={now?.remedy}
        code={now?.code}
      >
        <p className="quiet">Failed {when(at, zone)}.</p>
        {evidence && (
          <details>
            <summary>Halo's answer</summary>
            <pre>{evidence}</pre>
          </details>
        )}
      </Problem>
    </li>
  );
}

function Fixed({ entry: { client, problem, at }, zone }) {
  const now = client.haloAssociation;
  return (
    <li className="fixed">
      <p>
        <Tag look="good">fixed</Tag> <b>{client.name}</b>
        {now
          ? `: confirmed with ${now.lastSyncedQuantity} on ${when(now.lastSyncedAt, zone)}.`
          : ': not mapped any more.'}
      </p>
      <p className="quiet">
        Failed {when(at, zone)}
        {problem && `: ${problem.message}`}
      </p>
    </li>
  );
}

/** Each run with its reason, its time and what came of it. */
function Runs({ runs, activity, zone }) {
  if (runs.length === 0) return <p>No sync has run yet.</p>;
  const reasonFor = (run) => activity.find(({ subjectId, reason }) => subjectId === run.id && reason)?.reason;
  const rows = runs.map((run) => ({
    key: run.id,
    cells: [
      <>
        {asked(run)}
        {reasonFor(run) && <q>{reasonFor(run)}</q>}
      </>,
      when(run.startedAt ?? run.queuedAt, zone),
      <>
        <Tag look={lookOf(run)}>{standing(run)}</Tag>
        {run.nextAttemptAt && ` tried again ${howFar(run.nextAttemptAt)}`}
        {run.problem && <p>{run.problem.message}</p>}
      </>,
      <Summary summary={run.summary} />,
    ],
  }));
  return <Table label="Syncs" heads={['Why', 'When', 'What came of it', 'Clients']} rows={rows} />;
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
