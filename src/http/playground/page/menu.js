// The support menu: titles of the saved operations and labels of their variables. The operations
// are the files in `../operations/`; a new one needs a file there and an entry here.
import confirmTenantChange from '../operations/confirm_tenant_change.graphql';
import findPartner from '../operations/find_partner.graphql';
import partnersNeedingAttention from '../operations/partners_needing_attention.graphql';
import previewTonight from '../operations/preview_tonight.graphql';
import recheckConnection from '../operations/recheck_connection.graphql';
import resyncClient from '../operations/resync_client.graphql';
import resyncPartner from '../operations/resync_partner.graphql';
import watchRun from '../operations/watch_run.graphql';
import whoChangedWhat from '../operations/who_changed_what.graphql';
import whyLastNightFailed from '../operations/why_last_night_failed.graphql';
import { Kind, parse, valueFromASTUntyped } from 'graphql';

/**
 * Variables that the page fills in: the partner chosen at the top of the desk, the cursor of a
 * list.
 */
const filledIn = ['partnerId', 'after'];

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
  runId: { label: 'Run', hint: 'The id of a sync run' },
  runs: { label: 'Number of runs' },
  entries: { label: 'Number of entries' },
};

export const menu = [
  entry('Find a partner', 'By name, client, Halo address, external id or request id.', 'LIST_PARTNERS', findPartner),
  entry(
    'Which partners need attention?',
    'Partners with a problem that has to be resolved before their next sync can succeed.',
    'LIST_PARTNERS',
    partnersNeedingAttention,
  ),
  entry(
    'Why did last night fail?',
    'The last nightly sync and the latest run, what failed for which client, and how to resolve it.',
    'VIEW_PARTNER',
    whyLastNightFailed,
  ),
  entry(
    'Preview tonight',
    'What a sync would change in Halo now, for each client. Changes nothing.',
    'PREVIEW',
    previewTonight,
  ),
  entry('Resync this partner', 'Queues a sync of all mapped clients, before the nightly sync.', 'REQUEST_SYNC', resyncPartner),
  entry('Resync one client', 'Queues a sync of a single client.', 'REQUEST_SYNC', resyncClient),
  entry(
    'Recheck the connection',
    'Checks the stored credentials and each permission again.',
    'RECHECK_CONNECTION',
    recheckConnection,
  ),
  entry(
    'Confirm a changed Halo',
    'For the problem TENANT_CHANGED, whose message says how many subscriptions were found again. Ask the partner first.',
    'CONFIRM_TENANT_CHANGE',
    confirmTenantChange,
  ),
  entry('Watch a run', 'Live progress until the run has finished.', 'VIEW_PARTNER', watchRun),
  entry(
    'Who changed what?',
    'The audit log, newest first, without the entries for what support viewed.',
    'VIEW_ACTIVITY',
    whoChangedWhat,
  ),
];

/** `permission` is the value of the viewer's `may` that the operation needs. */
function entry(title, help, permission, text) {
  const document = parse(text);
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const variables = operation.variableDefinitions.map(({ variable, type, defaultValue }) => ({
    name: variable.name.value,
    number: typeName(type) === 'Int',
    initial: defaultValue ? valueFromASTUntyped(defaultValue) : '',
    ...labels[variable.name.value],
  }));
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
  };
}

function typeName(type) {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : typeName(type.type);
}
