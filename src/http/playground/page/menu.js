// The support menu: what to call each saved operation and its variables. The operations themselves are the files in
// `../operations/`; a new one is a file there and an entry here.
import findPartner from '../operations/find_partner.graphql';
import previewTonight from '../operations/preview_tonight.graphql';
import recheckConnection from '../operations/recheck_connection.graphql';
import resyncClient from '../operations/resync_client.graphql';
import resyncPartner from '../operations/resync_partner.graphql';
import watchRun from '../operations/watch_run.graphql';
import whoChangedWhat from '../operations/who_changed_what.graphql';
import whyLastNightFailed from '../operations/why_last_night_failed.graphql';
import { Kind, parse, valueFromASTUntyped } from 'graphql';

/** `partnerId` is missing on purpose: the partner chosen at the top of the desk fills it in. */
const labels = {
  search: { label: 'What you know', hint: 'Name, client, Halo address, external id or request id' },
  clientId: { label: 'Client', hint: 'Type a part of its name' },
  reason: { label: 'Reason', hint: 'Ticket number, or who asked: it goes into the audit log' },
  runId: { label: 'Run', hint: 'The id of a sync run' },
  runs: { label: 'How many runs' },
  entries: { label: 'How many entries' },
};

export const menu = [
  entry('Find a partner', 'By whatever the caller on the phone can tell you.', findPartner),
  entry(
    'Why did last night fail?',
    'The latest runs, what went wrong with whom, and how to mend it.',
    whyLastNightFailed,
  ),
  entry(
    'Preview tonight',
    'What a sync would change in Halo right now, client by client. Changes nothing.',
    previewTonight,
  ),
  entry('Resync this partner', 'Queues a sync of all mapped clients, ahead of the night.', resyncPartner),
  entry('Resync one client', 'Queues a sync of a single client.', resyncClient),
  entry('Recheck the connection', 'Tries the stored credentials again and names each permission.', recheckConnection),
  entry('Watch a run', 'Live progress until the run has finished.', watchRun),
  entry('Who changed what?', 'The audit log, newest first.', whoChangedWhat),
];

function entry(title, help, text) {
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
    text,
    document,
    needsPartner: variables.some(({ name }) => name === 'partnerId'),
    fields: variables.filter(({ name }) => name !== 'partnerId'),
  };
}

function typeName(type) {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : typeName(type.type);
}
