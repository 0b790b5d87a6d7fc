// "What changed since yesterday?" and "What is wrong with this partner?": problems as an inbox, the
// latest change first.
import { asTitle, count, howFar, when } from '../words.js';
import { More, Tag } from './parts.jsx';

const states = { OPEN: 'bad', ACKNOWLEDGED: 'warn', SNOOZED: 'quiet', CLOSED: 'good' };
const parties = { INFIMA: 'INFIMA has to act', PARTNER: 'The partner has to act', NO_ONE: 'No one has to act' };

export function Problems({ found: { nodes, totalCount, pageInfo }, counts, zone, onPartner, onMore }) {
  return (
    <>
      <p className={totalCount === 0 ? 'lead good' : 'lead'}>
        {totalCount === 0 ? 'No problem fits.' : `${count(totalCount, 'problem')}, the latest change first.`}
      </p>
      {counts && (
        <p>
          {counts.open} open, {counts.acknowledged} acknowledged, {counts.snoozed} snoozed;{' '}
          {counts.changedSinceYesterday} changed since yesterday morning.
        </p>
      )}
      <ul className="cards" aria-label="Problems">
        {nodes.map((record) => (
          <ProblemCard
            key={record.id}
            record={record}
            zone={zone ?? record.partner?.haloSyncSettings.timeZone}
            onPartner={onPartner}
          />
        ))}
      </ul>
      <More page={pageInfo} onMore={onMore}>
        Older changes
      </More>
    </>
  );
}

function ProblemCard({ record, zone, onPartner }) {
  const { state, partner, client, problem, acknowledgement, consequenceMessage, suggestedAct, waitsFor } = record;
  const gone = state === 'CLOSED';
  return (
    <li>
      <header>
        <h3>
          {partner && `${partner.name}: `}
          {client ? client.name : 'the connection'} <small>{problem.code}</small>
        </h3>
        {onPartner && partner && !gone && (
          <button type="button" onClick={() => onPartner(partner)}>
            Act for {partner.name}
          </button>
        )}
      </header>
      <p>
        <Tag look={states[state]}>{asTitle(state)}</Tag> {problem.message}
      </p>
      {gone ? (
        <p className="quiet">
          There from {when(record.firstSeenAt, zone)} to {when(record.closedAt, zone)} ({howFar(record.closedAt)}).
        </p>
      ) : (
        <>
          <p>
            <b>What it keeps from happening:</b> {consequenceMessage}
          </p>
          {problem.remedy && <p className="remedy">{problem.remedy}</p>}
          <p className="quiet">
            {parties[waitsFor] ?? waitsFor}
            {suggestedAct && ` (${asTitle(suggestedAct).toLowerCase()})`}. Found {when(record.firstSeenAt, zone)} (
            {howFar(record.firstSeenAt)}), last seen {howFar(record.lastSeenAt)}.
            {state === 'SNOOZED' && ` Set aside until ${when(record.snoozedUntil, zone)}.`}
          </p>
        </>
      )}
      {acknowledgement && (
        <p>
          <q>{acknowledgement.note}</q>{' '}
          <small>
            {acknowledgement.by.name}, {when(acknowledgement.at, zone)}
          </small>
        </p>
      )}
    </li>
  );
}
