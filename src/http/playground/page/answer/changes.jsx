// "Who changed what?": the audit log. What one request did to several clients is one entry.
import { asTitle, count, when } from '../words.js';
import { More } from './parts.jsx';

const acts = {
  association_saved: 'mapped',
  association_replaced: 'mapped again',
  association_removed: 'removed the mapping of',
  subscription_recreated: 'requested a new subscription for',
  subscription_resolved: 'resolved a problem of',
  connection_saved: 'saved the connection',
  connection_rechecked: 'checked the connection again',
  connection_reconciled: 'compared everything with Halo',
  connection_removed: 'disconnected Halo',
  connection_resealed: 'sealed the Client Secret with another key',
  problem_acknowledged: 'acknowledged a problem of',
  problem_rechecked: 'asked again about a problem of',
  problem_snoozed: 'snoozed a problem of',
  settings_changed: 'changed the settings',
  sync_requested: 'requested a sync',
  roster_imported: 'imported records',
};

export function Changes({ activity: { nodes, pageInfo, totalCount }, onMore }) {
  const groups = grouped(nodes);
  return (
    <>
      <p className="lead">
        {totalCount === 0 ? 'Nothing was changed.' : `${count(totalCount, 'entry').replace('entrys', 'entries')}.`}
      </p>
      <ul className="changes cards" aria-label="Changes">
        {groups.map((entries) => (
          <Change key={entries[0].id ?? `${entries[0].at} ${entries[0].subjectId}`} entries={entries} />
        ))}
      </ul>
      <More page={pageInfo} onMore={onMore}>
        Older changes
      </More>
    </>
  );
}

/** Entries of the same act that one request made stand together. */
export function grouped(nodes) {
  const groups = [];
  for (const entry of nodes) {
    const last = groups.at(-1);
    const same = last && entry.requestId && last[0].requestId === entry.requestId && last[0].action === entry.action;
    if (same) last.push(entry);
    else groups.push([entry]);
  }
  return groups;
}

function Change({ entries }) {
  const [{ at, actor, action, reason }] = entries;
  const named = entries.filter((entry) => clientsOf(entry).length > 0);
  return (
    <li>
      <div className="act">
        <p>
          <b>{actor.name}</b> {sentence(entries)}
        </p>
        <p className="quiet">
          {when(at)}, {actor.role.toLowerCase().replace('_', ' ')}
        </p>
      </div>
      {reason && <q>{reason}</q>}
      {entries.length > 1 && named.length === entries.length ? (
        <ul className="lines" aria-label={asTitle(action)}>
          {entries.map((entry, index) => (
            <li key={index}>
              <b>{clientsOf(entry).join(', ')}</b> {customerOf(entry) && `→ ${customerOf(entry)}`}
            </li>
          ))}
        </ul>
      ) : (
        <ul className="lines">
          {entries
            .flatMap(({ changes }) => changes.map(shown))
            .filter(Boolean)
            .map((change, index) => (
              <li key={index}>{change}</li>
            ))}
        </ul>
      )}
    </li>
  );
}

/** `Ada Admin` mapped 9 clients; `Ada Admin` mapped Alder to Alder & Finch LLP. */
function sentence(entries) {
  const [entry] = entries;
  const key = entry.action.toLowerCase().replace('.', '_');
  const does = acts[key] ?? asTitle(entry.action).toLowerCase();
  const clients = [...new Set(entries.flatMap(clientsOf))];
  const number = entries.length > 1 ? clients.length : (entry.clientCount ?? clients.length);
  if (number > 1) return `${does} ${key === 'sync_requested' ? 'of ' : ''}${count(number, 'client')}`;
  const [client] = clients;
  if (!client) return does;
  const customer = customerOf(entry);
  const what = key === 'sync_requested' ? `${does} of ${client}` : `${does} ${client}`;
  return customer ? `${what}: Halo customer ${customer}` : what;
}

function clientsOf({ clients, subject }) {
  const names = clients?.map(({ name }) => name) ?? [];
  return names.length > 0 ? names : subject?.client ? [subject.client.name] : [];
}

function customerOf({ changes, subject }) {
  const named = changes.find(({ name }) => keyOf(name) === 'halo_customer_name');
  return named?.after ?? named?.before ?? subject?.haloCustomer?.name ?? null;
}

const ID = /^[a-z]+_[0-9a-f]{32}$/;

/** `haloCustomerName` and `HALO_CUSTOMER_NAME` are the same name. */
const keyOf = (name) => (/[a-z]/.test(name) ? name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`) : name).toLowerCase();

/** One change as a text. No ids are shown: a list of ids is shown by its length. */
export function shown({ name, before, after }) {
  const [was, is] = [before, after].map((value) => {
    if (value === null) return 'none';
    const list = value.startsWith('["') && JSON.parse(value);
    return list ? `${list.length}` : value;
  });
  return ID.test(was) || ID.test(is) ? null : `${asTitle(keyOf(name))}: ${was} → ${is}`;
}
