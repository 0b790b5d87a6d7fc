// "Why is this client billed?": one page about one client, from the users who count to the invoice.
import { act, asked, count, howFar, when } from '../words.js';
import { grouped, shown } from './changes.jsx';
import { Facts, Part, Pause, Problem, Table, Tag } from './parts.jsx';

const RULE =
  'Each active user of a client that is not archived counts once, and users with the same e-mail address count as one.';

export function Billed({ data: { partner, client, haloSyncPreview: preview } }) {
  if (!client) return <p>This client does not exist any more.</p>;
  const zone = partner.haloSyncSettings.timeZone;
  const association = client.haloAssociation;
  // A client that is synced all the same has a warning.
  const planned = preview?.entries[0];
  const problems = [
    partner.haloConnection?.problem,
    association?.problem && { ...association.problem, warning: association.status !== 'NEEDS_ATTENTION' },
    planned?.problem && { ...planned.problem, warning: planned.action !== 'REPORT' },
  ];
  const history = association?.history.nodes ?? [];
  return (
    <>
      <p className="lead">
        <b>{client.name}</b> {headline(client)}
      </p>
      <p className="rule">{RULE}</p>
      {unique(problems).map((problem) => (
        <Problem key={problem.code} {...problem} />
      ))}
      <div className="columns">
        <Part title="Users">
          <Users client={client} />
        </Part>
        <Part title="In Halo">
          <InHalo association={association} preview={preview} zone={zone} />
        </Part>
        <Part title="What INFIMA sent">
          <Sent association={association} zone={zone} />
        </Part>
        <Part title="Tonight">
          <Tonight partner={partner} association={association} preview={preview} zone={zone} />
        </Part>
      </div>
      <Part title="What people changed last">
        <People entries={partner.activity.nodes} zone={zone} />
      </Part>
      {history.length > 0 && (
        <Part title="The last syncs">
          <History history={history} zone={zone} />
        </Part>
      )}
    </>
  );
}

function headline({ activeUserCount, archived, haloAssociation: association, haloExclusion: excluded }) {
  const users = count(activeUserCount, 'user');
  if (archived) return `has left INFIMA, so none of its users is counted.`;
  if (excluded) return `has ${users} and is not billed on purpose: ${excluded.reason} (${excluded.excludedBy.name}).`;
  if (!association) return `has ${users} to bill and is not mapped to a Halo customer, so nothing is billed.`;
  const billed = association.subscription?.quantity;
  if (billed === undefined) return `has ${users} to bill; its subscription in Halo is not confirmed yet.`;
  if (billed === activeUserCount) return `is billed ${billed}: that is its ${users} who count.`;
  return `is billed ${billed ?? 'no whole number'} in Halo, and has ${users} who count now.`;
}

function Users({ client: { activeUserCount, userCounts: counts } }) {
  return (
    <Facts
      label="Users"
      of={[
        ['Counted', <b>{activeUserCount}</b>],
        ['Same e-mail address as another', counts?.sameAddress],
        ['Deactivated', counts?.deactivated],
        ['Archived', counts?.archived],
        ['Of an archived client', counts?.clientArchived > 0 && counts.clientArchived],
      ]}
    />
  );
}

function InHalo({ association, preview, zone }) {
  if (!association) return <p>The client is not mapped to a Halo customer.</p>;
  const { haloCustomer, subscription } = association;
  const live = preview?.entries[0];
  return (
    <Facts
      label="In Halo"
      of={[
        ['Customer', `${haloCustomer.name} (${haloCustomer.haloId})`],
        ['Subscription', subscription ? `${subscription.name} (${subscription.haloId})` : 'none yet'],
        [
          'Quantity now',
          live && live.action !== null ? (
            <>
              <b>{live.quantityInHalo ?? 'none'}</b> <span className="quiet">read just now</span>{' '}
              {live.changedInHalo && <Tag look="warn">changed in Halo</Tag>}
            </>
          ) : (
            subscription && (
              <>
                <b>{subscription.quantity ?? 'not a whole number'}</b>{' '}
                <span className="quiet">read {when(subscription.observedAt, zone)}</span>
              </>
            )
          ),
        ],
        ['Invoice', subscription && invoice(subscription)],
        [
          'Its page',
          subscription && (
            <a href={subscription.url} target="_blank" rel="noreferrer">
              Open the customer
            </a>
          ),
        ],
      ]}
    />
  );
}

const reasons = {
  INVOICE_DISABLED: 'the invoice is disabled',
  INVOICE_ENDED: 'the invoice has ended',
  INVOICE_NOT_STARTED: 'the invoice has not started',
  LINE_INACTIVE: 'its line is inactive',
  LINE_ENDED: 'its line has ended',
  LINE_NOT_STARTED: 'its line has not started',
};

function invoice({ billing, billingReason, recurringInvoiceId: id }) {
  const which = id === null ? '' : ` ${id}`;
  if (billing === 'ON_RECURRING_INVOICE') return `on recurring invoice${which}`;
  if (billing === 'UNKNOWN') return 'not known: INFIMA has not read the invoices, or may not read them';
  return (
    <>
      <Tag look="warn">not billed</Tag>{' '}
      {billingReason
        ? `on recurring invoice${which}, but ${reasons[billingReason] ?? billingReason}`
        : 'on no recurring invoice'}
    </>
  );
}

function Sent({ association, zone }) {
  if (!association) return <p>Nothing.</p>;
  const [written] = association.lastSent.nodes;
  return (
    <Facts
      label="Sent"
      of={[
        [
          'Last sent',
          written
            ? `${written.quantityAfter} (before: ${written.quantityBefore ?? 'none'}), ${when(written.at, zone)}`
            : 'nothing yet',
        ],
        ['Sent by', written && asked(written.run)],
        [
          'Last confirmed by Halo',
          association.lastSyncedAt
            ? `${association.lastSyncedQuantity}, ${when(association.lastSyncedAt, zone)} (${howFar(association.lastSyncedAt)})`
            : 'never',
        ],
      ]}
    />
  );
}

function Tonight({ partner, association, preview, zone }) {
  const next = partner.haloConnection?.nextNightlySyncAt;
  const [entry] = preview?.entries ?? [];
  const plan = !association
    ? 'Nothing: the client is not mapped.'
    : !preview
      ? 'Not known: Halo could not be asked.'
      : !entry || entry.action === null
        ? 'Not known: the client could not be looked at.'
        : `${act(entry.action)}: ${entry.quantityInHalo ?? 'none'} → ${entry.quantityAfter ?? 'not known'}`;
  return (
    <Facts
      label="Tonight"
      of={[
        ['A sync would', plan],
        ['Syncs are paused', partner.haloSyncPause && <Pause {...partner.haloSyncPause} />],
        [
          'Next nightly sync',
          !partner.haloConnection
            ? 'none: Halo is not connected'
            : next
              ? `${when(next, zone)} (${howFar(next)})`
              : 'none: nightly syncs are off, or no client is mapped',
        ],
      ]}
    />
  );
}

function People({ entries, zone }) {
  if (entries.length === 0) return <p>No one has changed anything about this client lately.</p>;
  const rows = grouped(entries).map(([entry], index) => ({
    key: index,
    cells: [
      when(entry.at, zone),
      entry.actor.name,
      <>
        {entry.action.toLowerCase().replaceAll(/[._]/g, ' ')}
        {entry.reason && <q>{entry.reason}</q>}
      </>,
      entry.changes.map(shown).filter(Boolean).join('; '),
    ],
  }));
  return <Table label="Changes by people" heads={['When', 'Who', 'What', 'Values']} rows={rows} />;
}

function History({ history, zone }) {
  const rows = history.map(({ at, outcome, quantityBefore, quantityAfter, changedInHalo, problem, run }, index) => ({
    key: index,
    look: outcome === 'FAILED' ? 'bad' : undefined,
    cells: [
      when(at, zone),
      asked(run),
      outcome.toLowerCase(),
      <>
        {quantityBefore ?? 'none'} → {quantityAfter ?? 'none'} {changedInHalo && <Tag look="warn">changed in Halo</Tag>}
      </>,
      problem?.message ?? '',
    ],
  }));
  return <Table label="Syncs" heads={['When', 'Sync', 'Outcome', 'Quantity', 'Problem']} rows={rows} />;
}

function unique(problems) {
  const codes = new Set();
  return problems.filter((problem) => problem && !codes.has(problem.code) && codes.add(problem.code));
}
