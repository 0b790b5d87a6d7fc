// The support menu: titles of the saved operations and labels of their variables. The operations
// are the files in `../operations/`; a new one needs a file there and an entry here.
import acknowledgeProblem from '../operations/acknowledge_problem.graphql';
import billedDays from '../operations/billed_days.graphql';
import billedMonth from '../operations/billed_month.graphql';
import compareEverything from '../operations/compare_everything.graphql';
import confirmTenantChange from '../operations/confirm_tenant_change.graphql';
import excludedClients from '../operations/excluded_clients.graphql';
import findPartner from '../operations/find_partner.graphql';
import pauseSyncs from '../operations/pause_syncs.graphql';
import previewTonight from '../operations/preview_tonight.graphql';
import problemsOfPartner from '../operations/problems_of_partner.graphql';
import recheckConnection from '../operations/recheck_connection.graphql';
import recheckProblem from '../operations/recheck_problem.graphql';
import replayDelivery from '../operations/replay_delivery.graphql';
import resumeSyncs from '../operations/resume_syncs.graphql';
import resyncClient from '../operations/resync_client.graphql';
import resyncPartner from '../operations/resync_partner.graphql';
import sendTestWebhook from '../operations/send_test_webhook.graphql';
import snoozeProblem from '../operations/snooze_problem.graphql';
import troubleThisMorning from '../operations/trouble_this_morning.graphql';
import watchRun from '../operations/watch_run.graphql';
import webhooksOfPartner from '../operations/webhooks_of_partner.graphql';
import whatCanBeMapped from '../operations/what_can_be_mapped.graphql';
import whatChanged from '../operations/what_changed.graphql';
import whoChangedWhat from '../operations/who_changed_what.graphql';
import whyClientIsBilled from '../operations/why_client_is_billed.graphql';
import whyLastNightFailed from '../operations/why_last_night_failed.graphql';
import { Kind, parse, valueFromASTUntyped } from 'graphql';

/**
 * Variables that the page fills in: the partner chosen at the top of the desk, the cursor of a
 * list.
 */
const filledIn = ['partnerId', 'after'];

const DAY = 24 * 60 * 60 * 1000;

/** The acts by which the audit log is narrowed; it shows others as well. */
const changes = {
  ASSOCIATION_SAVED: 'Mapped',
  ASSOCIATION_REPLACED: 'Mapped again',
  ASSOCIATION_REMOVED: 'Removed a mapping',
  CLIENT_EXCLUDED: 'Excluded clients',
  CLIENT_INCLUDED: 'Included clients again',
  SUBSCRIPTION_RESOLVED: 'Resolved a problem',
  SUBSCRIPTION_RECREATED: 'Requested a new subscription',
  CONNECTION_SAVED: 'Saved the connection',
  CONNECTION_RECHECKED: 'Checked the connection',
  CONNECTION_RECONCILED: 'Compared everything',
  CONNECTION_REMOVED: 'Disconnected Halo',
  PROBLEM_ACKNOWLEDGED: 'Acknowledged a problem',
  PROBLEM_RECHECKED: 'Asked again about a problem',
  PROBLEM_SNOOZED: 'Snoozed a problem',
  SETTINGS_CHANGED: 'Changed the settings',
  SYNC_PAUSED: 'Paused syncs',
  SYNC_RESUMED: 'Resumed syncs',
  SYNC_REQUESTED: 'Requested a sync',
  WEBHOOK_REGISTERED: 'Registered a webhook',
  WEBHOOK_UPDATED: 'Changed a webhook',
  WEBHOOK_REMOVED: 'Removed a webhook',
  WEBHOOK_DISABLED: 'Webhook disabled',
  WEBHOOK_TESTED: 'Tested a webhook',
  WEBHOOK_REPLAYED: 'Replayed a delivery',
  ROSTER_IMPORTED: 'Imported records',
};

/** The states by which problems are narrowed. */
const states = {
  OPEN: 'Open',
  ACKNOWLEDGED: 'Acknowledged',
  SNOOZED: 'Snoozed until a day',
  CLOSED: 'Gone',
};

/** The states by which deliveries to webhooks are narrowed. */
const deliveryStates = {
  PENDING: 'Waits for its next attempt',
  DELIVERED: 'Arrived',
  GIVEN_UP: 'Given up',
};

/** The beginning of a day in the reader's time zone. */
const beginning = (day) => new Date(`${day}T00:00`);

/** Yesterday in the reader's time zone, as a field for a date has it. */
function yesterday() {
  const day = new Date(Date.now() - DAY);
  const digits = (number) => String(number).padStart(2, '0');
  return `${day.getFullYear()}-${digits(day.getMonth() + 1)}-${digits(day.getDate())}`;
}

const labels = {
  search: { label: 'Search', hint: 'Name, client, Halo address, external id or request id' },
  clientId: { label: 'Client', hint: 'Type a part of its name' },
  reason: { label: 'Reason', hint: 'Ticket number or requester; recorded in the audit log' },
  decision: {
    label: 'Decision',
    choices: {
      CARRY_OVER: 'The same Halo under another name: its associations continue',
      ARCHIVE: 'Another Halo: the associations end, quantities stay',
    },
  },
  runId: { label: 'Sync', hint: 'The id of a sync' },
  action: { label: 'What', choices: changes, read: (action) => [action] },
  actor: { label: 'Who', hint: 'A name' },
  from: { label: 'From', type: 'date', read: (day) => beginning(day).toISOString() },
  to: { label: 'Until', type: 'date', read: (day) => new Date(beginning(day).getTime() + DAY).toISOString() },
  changedSince: {
    label: 'Changed since',
    type: 'date',
    initial: yesterday(),
    read: (day) => beginning(day).toISOString(),
  },
  state: { label: 'State', choices: states, read: (state) => [state] },
  code: { label: 'Kind', hint: 'As in SUBSCRIPTION_DELETED', read: (code) => [code.trim().toUpperCase()] },
  problemId: { label: 'Problem', hint: 'The id of a problem' },
  webhookId: { label: 'Webhook', hint: 'The id of a webhook' },
  deliveryId: { label: 'Delivery', hint: 'The id of a delivery, which the receiver has as webhook-id' },
  deliveryState: { label: 'Deliveries', choices: deliveryStates, read: (state) => [state] },
  note: { label: 'Note', hint: 'What is known, and who does what; the partner reads it' },
  until: { label: 'Until', type: 'date' },
  firstDay: { label: 'First day', type: 'date' },
  lastDay: { label: 'Last day', type: 'date', hint: 'At most 400 days' },
  month: { label: 'Month', type: 'month', hint: 'As in 2026-11' },
  runs: { label: 'Number of syncs' },
  entries: { label: 'Number of entries' },
};

export const menu = [
  entry(
    'Trouble this morning',
    'Every partner whose syncs fail or wait, what needs a person first: since when, and what happens next.',
    'LIST_PARTNERS',
    troubleThisMorning,
  ),
  entry(
    'What changed since yesterday?',
    'The problems of all partners, the latest change first: what was found, what is gone, and what people noted.',
    'LIST_PARTNERS',
    whatChanged,
  ),
  entry('Find a partner', 'By name, client, Halo address, external id or request id.', 'LIST_PARTNERS', findPartner),
  entry(
    'Why is this client billed?',
    'One client on one page: who counts, what was sent, what Halo has now, on which invoice, and what happens tonight.',
    'PREVIEW',
    whyClientIsBilled,
  ),
  entry(
    'What was billed then?',
    'One client, day by day: the quantity that Halo confirmed, who was counted, and the days without a sync.',
    'VIEW_PARTNER',
    billedDays,
  ),
  entry(
    'Billing of a month',
    'Every mapped client of the partner in one month: first, last and highest quantity, and the days that nothing confirmed.',
    'VIEW_PARTNER',
    billedMonth,
  ),
  entry(
    'Who is excluded?',
    'The clients that the partner does not want to be billed: why, who said so, and when they are to be looked at again.',
    'VIEW_PARTNER',
    excludedClients,
  ),
  entry(
    'Why did last night fail?',
    'The last nightly sync, what is still broken and what was fixed since, and how to resolve it.',
    'VIEW_PARTNER',
    whyLastNightFailed,
  ),
  entry(
    'What is wrong with this partner?',
    'The problems of the partner, the latest change first, each with what it keeps from happening and what to do.',
    'VIEW_PARTNER',
    problemsOfPartner,
  ),
  entry(
    'Which clients can be mapped?',
    'The unmapped clients, each with the customers in Halo that have its name or one like it. It maps nothing.',
    'SEARCH_CUSTOMERS',
    whatCanBeMapped,
  ),
  entry(
    'Preview tonight',
    'What a sync would change in Halo now, for each client. It changes nothing.',
    'PREVIEW',
    previewTonight,
  ),
  entry(
    'Resync this partner',
    'Queues a sync of all mapped clients, before the nightly sync.',
    'REQUEST_SYNC',
    resyncPartner,
  ),
  entry('Resync one client', 'Queues a sync of a single client.', 'REQUEST_SYNC', resyncClient),
  entry(
    'Pause syncs',
    'Nothing is written to this Halo before the day. What users save meanwhile is carried out afterwards.',
    'PAUSE_SYNCS',
    pauseSyncs,
  ),
  entry('Resume syncs', 'Ends a pause now, and queues a sync of all mapped clients.', 'PAUSE_SYNCS', resumeSyncs),
  entry(
    'Recheck the connection',
    'Checks the stored credentials and each permission again.',
    'RECHECK_CONNECTION',
    recheckConnection,
  ),
  entry(
    'Recheck a problem',
    'Asks Halo now, by a sync of its client or of the partner. The problem is gone if the sync does not find it.',
    'REQUEST_SYNC',
    recheckProblem,
  ),
  entry(
    'Acknowledge a problem',
    'Notes that it is known, and what is done about it. It stays until a sync does not find it any more.',
    'TRIAGE_PROBLEM',
    acknowledgeProblem,
  ),
  entry(
    'Snooze a problem',
    'Sets it aside until a day begins for the partner. It comes back by itself, if it is still there.',
    'TRIAGE_PROBLEM',
    snoozeProblem,
  ),
  entry(
    'Compare everything with Halo',
    'All subscriptions, customers and invoices at once: what no client owns, what is billed wrong, and what to do. It changes nothing.',
    'RECONCILE',
    compareEverything,
  ),
  entry(
    'Confirm a changed Halo',
    'For the problem TENANT_CHANGED, whose message says how many subscriptions were found again. Ask the partner first.',
    'CONFIRM_TENANT_CHANGE',
    confirmTenantChange,
  ),
  entry(
    'What was sent to webhooks?',
    'The webhooks of the partner with their latest deliveries: what arrived, what failed and why, and the next attempt.',
    'VIEW_PARTNER',
    webhooksOfPartner,
  ),
  entry(
    'Test a webhook',
    'Sends an event of the kind test, whatever the webhook is registered for.',
    'TEST_WEBHOOKS',
    sendTestWebhook,
  ),
  entry(
    'Replay a delivery',
    'Sends it to its webhook again, under the same id, whether it was given up or has arrived.',
    'TEST_WEBHOOKS',
    replayDelivery,
  ),
  entry('Watch a sync', 'Live progress until the sync has finished.', 'VIEW_PARTNER', watchRun),
  entry(
    'Who changed what?',
    'The audit log, newest first, without what support only viewed. What one request did to several clients is one entry.',
    'VIEW_ACTIVITY',
    whoChangedWhat,
  ),
];

/** `permission` is the value of the viewer's `may` that the operation needs. */
function entry(title, help, permission, text) {
  const document = parse(text);
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const variables = operation.variableDefinitions.map(({ variable, type, defaultValue }) => {
    const name = variable.name.value;
    const number = typeName(type) === 'Int';
    return {
      name,
      optional: type.kind !== Kind.NON_NULL_TYPE,
      type: number ? 'number' : undefined,
      read: number ? Number : (text) => text.trim(),
      initial: defaultValue ? valueFromASTUntyped(defaultValue) : '',
      ...labels[name],
    };
  });
  return {
    name: operation.name.value,
    kind: operation.operation,
    title,
    help,
    permission,
    text,
    document,
    needsPartner: variables.some(({ name }) => name === 'partnerId'),
    fields: variables.filter(({ name }) => !filledIn.includes(name)),
    /** A query runs as soon as it is chosen, once nothing has to be filled in. */
    isReady: operation.operation === 'query' && !variables.some(isMissing),
  };
}

function isMissing({ name, optional, initial }) {
  return !optional && initial === '' && !filledIn.includes(name);
}

function typeName(type) {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : typeName(type.type);
}
