// The latest answer in a few words, for those who do not want to read JSON: did it work, what was wrong, what next.

/** Problems of an answer in words: what GraphQL itself refused, then every `userErrors` entry of a mutation. */
export function problemsOf({ data, errors }) {
  const refused = (errors ?? []).map(({ message, extensions }) => ({ message, code: extensions?.code }));
  const user = Object.values(data ?? {}).flatMap((payload) => payload?.userErrors ?? []);
  return [...refused, ...user];
}

export function Outcome({ answer, run, onPartner, onWatch }) {
  if (!answer) return <section className="outcome" aria-live="polite" aria-label="Outcome" />;
  const problems = problemsOf(answer.result);
  const queued = answer.result.data?.requestHaloSync?.haloSyncRun;
  const partners = answer.result.data?.partners?.nodes ?? [];
  return (
    <section className="outcome" aria-live="polite" aria-label="Outcome">
      {problems.map(({ message, code }, index) => (
        <p key={index} className="problem">
          {message} {code && <code>{code}</code>}
        </p>
      ))}
      {problems.length === 0 && answer.kind === 'mutation' && <p className="good">Done.</p>}
      {queued && onWatch && answer.kind === 'mutation' && (
        <button type="button" onClick={() => onWatch(queued.id)}>
          Watch it live
        </button>
      )}
      {onPartner && partners.length > 0 && (
        <ul className="found" aria-label="Partners found">
          {partners.map((partner) => (
            <li key={partner.id}>
              <button type="button" onClick={() => onPartner(partner)}>
                Act for {partner.name}
              </button>
            </li>
          ))}
        </ul>
      )}
      {run && answer.kind === 'subscription' && <Progress run={run} />}
    </section>
  );
}

function Progress({ run }) {
  const { done, total } = run.progress;
  return (
    <div className="progress">
      <label>
        {run.partner?.name ?? 'Run'}: {words[run.status] ?? run.status}, {done} of {total}
        <progress max={Math.max(total, 1)} value={done} />
      </label>
      {run.problem && <p className="problem">{run.problem.message}</p>}
    </div>
  );
}

const words = {
  QUEUED: 'waiting',
  RUNNING: 'running',
  SUCCEEDED: 'finished',
  PARTIALLY_SUCCEEDED: 'finished, some clients failed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};
