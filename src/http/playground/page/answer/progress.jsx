// "Watch a run": how far it is, and the clients with a problem.
import { standing } from '../words.js';
import { Problem, Summary } from './parts.jsx';

export function Progress({ run }) {
  const { done, total } = run.progress;
  const troubled = run.results?.nodes.filter(({ problem }) => problem) ?? [];
  return (
    <div className="progress">
      <label className="lead">
        {run.partner?.name ?? 'Run'}: {standing(run)}, {done} of {total}
        <progress max={Math.max(total, 1)} value={done} />
      </label>
      {run.finishedAt && (
        <p>
          <Summary summary={run.summary} />
        </p>
      )}
      {run.problem && <Problem {...run.problem} />}
      {troubled.map(({ client, problem }, index) => (
        <Problem key={index} {...problem} message={`${client.name}: ${problem.message}`} />
      ))}
      {run.results?.totalCount > run.results?.nodes.length && (
        <p className="quiet">
          {run.results.totalCount - run.results.nodes.length} more clients failed or were skipped.
        </p>
      )}
    </div>
  );
}
