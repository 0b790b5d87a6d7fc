// Values of the API in words: times, counts, statuses, and the acts of the audit log.

export const inWords = (name = '') => name.toLowerCase().replaceAll(/[_.]/g, ' ');

/** The same with a capital letter, as the beginning of a line. */
export const asTitle = (name) => inWords(name).replace(/^./, (letter) => letter.toUpperCase());

export const clock = { hour: '2-digit', minute: '2-digit', timeZoneName: 'short' };

/** A time in the given time zone, else in the reader's, with the zone's name. */
export const when = (at, timeZone) =>
  at
    ? new Date(at).toLocaleString([], { timeZone, year: 'numeric', month: 'short', day: 'numeric', ...clock })
    : 'not started yet';

const SPANS = [
  ['day', 24 * 60 * 60],
  ['hour', 60 * 60],
  ['minute', 60],
];

/** How far a time is from now, roughly: `3 hours ago`, `in 20 minutes`. */
export function howFar(at, now = Date.now()) {
  const seconds = (Date.parse(at) - now) / 1000;
  const [unit, size] = SPANS.find(([, size]) => Math.abs(seconds) >= size) ?? [];
  if (!unit) return seconds > 0 ? 'in a moment' : 'a moment ago';
  const number = count(Math.round(Math.abs(seconds) / size), unit);
  return seconds > 0 ? `in ${number}` : `${number} ago`;
}

export const count = (number, what) => `${number} ${what}${number === 1 ? '' : 's'}`;

export const connected = { CONNECTED: 'Connected', NEEDS_ATTENTION: 'The connection needs attention' };

const statuses = {
  QUEUED: 'waiting',
  RUNNING: 'running',
  SUCCEEDED: 'finished',
  PARTIALLY_SUCCEEDED: 'finished, some clients failed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};

/** The status of a run, in words. */
export const standing = ({ status, continuedBy }) =>
  continuedBy ? 'continued by another sync' : (statuses[status] ?? status);

/** Whether a run went well, badly, or is not over: the look of its status. */
export const lookOf = ({ status }) =>
  ({ SUCCEEDED: 'good', PARTIALLY_SUCCEEDED: 'bad', FAILED: 'bad' })[status] ?? 'quiet';

const triggers = {
  NIGHTLY: 'Nightly sync',
  ON_DEMAND: 'Sync on demand',
  ASSOCIATION_SAVED: 'Sync after clients were mapped',
  ASSOCIATION_ENDED: 'Sync after a mapping was removed',
  SUBSCRIPTION_RECREATED: 'Sync for a new subscription',
};

/** Why a run was queued, and for whom. */
export const asked = ({ trigger, requestedBy }) =>
  `${triggers[trigger] ?? asTitle(trigger)}${requestedBy ? `, requested by ${requestedBy.name}` : ''}`;

const actions = {
  CREATE: 'create the subscription',
  READOPT: 'use the own subscription again',
  SET_QUANTITY: 'set the quantity',
  NO_CHANGE: 'no change',
  AWAIT_USERS: 'no subscription before the first user',
  END: 'end the mapping',
  WAIT: 'waits for Halo',
  REPORT: 'report a problem',
};

/** What a sync would do. */
export const act = (action) => actions[action] ?? inWords(action);
