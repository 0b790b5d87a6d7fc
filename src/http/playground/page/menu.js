// The support menu: what to call each saved operation and its variables. The operations themselves are the files in
// `../operations/`; a new one is a file there and an entry here.
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

/** Filled in by the page: the partner by whom is chosen at the top of the desk, the place in a list by its last page. */
const filledIn = ['partnerId', 'after'];

const labels = {
  search: { label: 'What you know', hint: 'Name, client, Halo address, external id or request id' },
  clientId: { label: 'Client', hint: 'Type a part of its name' },
  reason: { label: 'Reason', hint: 'Ticket number, or who asked: it goes into the audit log' },
  runId: { label: 'Run', hint: 'The id of a sync run' },
  runs: { label: 'How many runs' },
  entries: { label: 'How many entries' },
};

export const menu = [
  entry('Find a partner', 'By whatever the caller on the phone can tell you.', 'LIST_PARTNERS', findPartner),
  entry(
    'Which partners need attention?',
    'Everybody with something to mend before their next sync can do its work.',
    'LIST_PARTNERS',
    partnersNeedingAttention,
  ),
  entry(
    'Why did last night fail?',
    'The last night and what came after it, what went wrong with whom, and how to mend it.',
    'VIEW_PARTNER',
    whyLastNightFailed,
  ),
  entry(
    'Preview tonight',
    'What a sync would change in Halo right now, client by client. Changes nothing.',
    'PREVIEW',
    previewTonight,
  ),
  entry('Resync this partner', 'Queues a sync of all mapped clients, ahead of the night.', 'REQUEST_SYNC', resyncPartner),
  entry('Resync one client', 'Queues a sync of a single client.', 'REQUEST_SYNC', resyncClient),
  entry(
    'Recheck the connection',
    'Tries the stored credentials again and names each permission.',
    'RECHECK_CONNECTION',
    recheckConnection,
  ),
  entry('Watch a run', 'Live progress until the run has finished.', 'VIEW_PARTNER', watchRun),
  entry(
    'Who changed what?',
    'The audit log, newest first, without the entries that say who of us looked.',
    'VIEW_ACTIVITY',
    whoChangedWhat,
  ),
];

/** `permission` is what a caller needs for it, in the words of the viewer's `may`. */
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
