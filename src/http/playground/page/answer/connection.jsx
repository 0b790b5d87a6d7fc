// "Recheck the connection": each subject of the check. What is missing is said once.
import { Part, Problem, Table, Tag } from './parts.jsx';

const outcomes = {
  GRANTED: ['good', 'works'],
  MISSING: ['bad', 'missing'],
  WARNING: ['warn', 'look at it'],
  UNKNOWN: ['quiet', 'not known'],
};

export function Connection({ test: { works, problem, checks = [] } }) {
  const covers = (check) => problem && check.outcome === 'MISSING' && check.message.includes(problem.message);
  const covered = checks.find(covers);
  const rows = checks.map((check) => {
    const [look, word] = outcomes[check.outcome] ?? ['quiet', check.outcome];
    return {
      key: check.subject,
      look: check.outcome === 'MISSING' ? 'bad' : undefined,
      cells: [
        <Tag look={look}>{word}</Tag>,
        <>
          {check.message}
          {check === covered && problem.remedy && <p className="remedy">{problem.remedy}</p>}
        </>,
        check.outcome === 'GRANTED' ? '' : check.guideStep,
      ],
    };
  });
  return (
    <>
      <p className={`lead ${works ? 'good' : 'missing'}`}>
        {works ? 'The connection works.' : 'The connection does not work.'}
      </p>
      {problem && !covered && <Problem {...problem} />}
      <Part title="What was checked">
        <Table label="Checks" heads={['Result', 'What was found', 'Step of the guide']} rows={rows} />
      </Part>
    </>
  );
}
