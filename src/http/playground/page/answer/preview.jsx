// "Preview tonight": what a sync would change now, and what it could not look at.
import { act, count, when } from '../words.js';
import { Part, Pause, Problem, Table, Tag } from './parts.jsx';

const CHANGES = ['CREATE', 'READOPT', 'SET_QUANTITY', 'END'];

export function Preview({ preview: { entries, haloRequests }, pause }) {
  const found = sorted(entries);
  return (
    <>
      {pause && (
        <p>
          Syncs are paused, so nothing is written before they begin again: <Pause {...pause} />
        </p>
      )}
      <p className="lead">{headline(entries.length, found)}</p>
      {found.waiting.length > 0 && (
        <p>
          {count(found.waiting.length, 'client')} waiting for Halo to confirm that the subscription was created: the
          sync looks for it before it sends anything again.
        </p>
      )}
      {found.unread.length > 0 && (
        <p>
          {count(found.unread.length, 'client')} could not be looked at, because a preview sends few requests to Halo
          {found.uncreated.length > 0 && `; ${found.uncreated.length} of them have no subscription yet`}.
        </p>
      )}
      {found.troubled.length > 0 && (
        <Part title={`${count(found.troubled.length, 'client')} with a problem or warning`}>
          {found.troubled.map(({ client, action, problem }, index) => (
            <Problem
              key={index}
              {...problem}
              warning={action !== 'REPORT'}
              message={`${client.name}: ${problem.message}`}
            />
          ))}
        </Part>
      )}
      <Rows title="What would change" entries={found.changing} />
      <Rows title="What waits for Halo" entries={found.waiting} />
      <Rows title="What could not be looked at" entries={found.unread} />
      {found.rest.length > 0 && (
        <details className="part">
          <summary>{count(found.rest.length, 'client')} unchanged</summary>
          <Rows title="What stays as it is" entries={found.rest} />
        </details>
      )}
      <p className="quiet">{count(haloRequests, 'request')} to Halo.</p>
    </>
  );
}

function sorted(entries) {
  const of = (wanted) => entries.filter(({ action }) => wanted(action));
  const unread = of((action) => action === null);
  return {
    changing: of((action) => CHANGES.includes(action)),
    waiting: of((action) => action === 'WAIT'),
    unread,
    uncreated: unread.filter(({ association }) => association.status === 'PENDING' && !association.subscription),
    rest: of((action) => ['NO_CHANGE', 'AWAIT_USERS'].includes(action)),
    troubled: entries.filter(({ problem }) => problem),
  };
}

/** Never says that nothing would change while something waits or was not looked at. */
function headline(total, { changing, waiting, unread }) {
  if (total === 0) return 'No client is mapped yet, so nothing would change.';
  const unknown = waiting.length + unread.length;
  if (unknown === 0) return `${changing.length} of ${count(total, 'client')} would change.`;
  if (changing.length === 0) return `What would change is not known for ${unknown} of ${count(total, 'client')}.`;
  return `At least ${changing.length} of ${count(total, 'client')} would change; for ${unknown} it is not known.`;
}

function Rows({ title, entries }) {
  if (entries.length === 0) return null;
  const rows = entries.map((entry, index) => ({
    key: index,
    cells: [
      entry.client.name,
      entry.activeUserCount,
      <>
        {entry.quantityInHalo ?? 'none'} → <b>{entry.quantityAfter ?? 'not known'}</b>
      </>,
      <>
        {entry.action === null ? `last read ${entry.observedAt ? when(entry.observedAt) : 'never'}` : act(entry.action)}{' '}
        {entry.changedInHalo && <Tag look="warn">changed in Halo</Tag>}
      </>,
    ],
  }));
  return (
    <Part title={title}>
      <Table label={title} heads={['Client', 'Active users', 'Quantity in Halo', 'What happens']} rows={rows} />
    </Part>
  );
}
