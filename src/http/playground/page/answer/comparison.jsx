// "Compare everything with Halo": the numbers, and each finding with what to do.
import { count, when } from '../words.js';
import { Problem } from './parts.jsx';

export function Comparison({ report: { at, subscriptionCount, rightCount, notBilledCount, findingCount, findings } }) {
  return (
    <>
      <p className={findingCount === 0 ? 'lead good' : 'lead'}>
        {rightCount} of {count(subscriptionCount, 'subscription')} right
        {notBilledCount !== null && `, ${notBilledCount} not billed`}.
      </p>
      {notBilledCount === null && <p>The agent may not read invoices, so billing is not known.</p>}
      {findings.map(({ kind, client, message, remedy }, index) => (
        <Problem key={index} code={kind} message={client ? `${client.name}: ${message}` : message} remedy={remedy} />
      ))}
      <p className="quiet">Compared {when(at)}.</p>
    </>
  );
}
