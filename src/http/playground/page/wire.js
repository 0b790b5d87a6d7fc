// The API client: requests over HTTP, subscriptions over a WebSocket, and an error message as the
// answer if the API did not give one.
import { getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-ws';

const ADDRESS = '/graphql';

/**
 * `confirm({ name, query, variables })` is called before each mutation; false sends nothing.
 * `onAnswer({ name, kind, query, variables, result })` receives every answer to the editor's
 * operations.
 */
export function createWire(session, confirm, onAnswer) {
  const socket = createClient({
    url: new URL(ADDRESS, location.href.replace(/^http/, 'ws')).href,
    lazy: true,
    // The token goes into the first message of the socket, never into its address.
    connectionParams: () => ({ authorization: `Bearer ${session.token()}` }),
  });

  async function ask(query, variables, operationName) {
    let response;
    try {
      response = await fetch(ADDRESS, {
        method: 'POST',
        headers: {
          accept: 'application/graphql-response+json, application/json;q=0.9',
          'content-type': 'application/json',
          authorization: `Bearer ${session.token()}`,
        },
        body: JSON.stringify({ query, variables, operationName }),
        credentials: 'omit',
      });
    } catch {
      return errorAnswer(
        'The API does not answer. Check that the server is running and that you are online, then run this again.',
      );
    }
    if (response.status === 401) session.end('The API no longer accepts your sign-in. Please sign in again.');
    return response
      .json()
      .catch(() => errorAnswer(`The API answered with status ${response.status} and no JSON. Please contact the operator.`));
  }

  /** GraphiQL's fetcher: a promise of an answer, or an iterator of answers for a subscription. */
  async function fetcher({ query, variables, operationName }) {
    const operation = operationIn(query, operationName);
    const name = operation?.name?.value;
    const report = (result) => onAnswer({ name, kind: operation?.operation, query, variables, result });
    if (operation?.operation === 'subscription') {
      return watched(socket.iterate({ query, variables, operationName: name }), report);
    }
    if (operation?.operation === 'mutation' && !(await confirm({ name, query, variables }))) {
      return errorAnswer('Cancelled. Nothing was sent.');
    }
    const result = await ask(query, variables, name);
    if (name !== 'IntrospectionQuery') report(result);
    return result;
  }

  return { ask, fetcher, close: () => socket.dispose() };
}

const errorAnswer = (message) => ({ errors: [{ message }] });

/** The operation to run. The editor may still name the previous tab's, which the document lacks. */
function operationIn(query, operationName) {
  try {
    const document = parse(query);
    return getOperationAST(document, operationName) ?? getOperationAST(document);
  } catch {
    return null;
  }
}

// Not an async generator: stopping one waits for its next value, and a quiet subscription would
// never end.
function watched(answers, report) {
  let over = false;
  return {
    async next() {
      if (over) return { done: true };
      try {
        const step = await answers.next();
        if (!step.done) report(step.value);
        return step;
      } catch (failure) {
        over = true;
        const value = Array.isArray(failure) ? { errors: failure } : errorAnswer(whySocketClosed(failure));
        report(value);
        return { value, done: false };
      }
    },
    return: () => answers.return(),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function whySocketClosed({ code, reason }) {
  if (code === 4401 || code === 4403)
    return 'The API no longer accepts your sign-in on the live connection. Please sign in again.';
  if (code === 4429) return 'Too many live connections. Stop another subscription, then run this again.';
  return `The live connection ended${reason ? `: ${reason}` : ''}. Run this again to continue watching.`;
}

/** The entries of a list in an answer, or `{ problem }`. */
export async function nodesOf(answer, connection) {
  const { data, errors } = await answer;
  return (data && connection(data)?.nodes) ?? { problem: errors?.[0]?.message ?? 'No match found.' };
}
