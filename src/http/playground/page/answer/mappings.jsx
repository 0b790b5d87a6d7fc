// "Which clients can be mapped?": the unmapped clients, and the customers that they may be.
import { count } from '../words.js';
import { More, Part, Table, Tag } from './parts.jsx';

const kinds = {
  EXACT: { look: 'good', said: 'one customer of this name' },
  AMBIGUOUS: { look: 'warn', said: 'several customers or clients of this name' },
  SIMILAR: { look: 'quiet', said: 'a name like it' },
  NONE: { look: 'quiet', said: 'no customer' },
};

const reasons = {
  EARLIER_CUSTOMER: 'mapped to a customer of this name before',
  SAME_NAME: 'the same name',
};

export function Mappings({ partner: { clientCounts, haloMappingSuggestions: found }, onMore }) {
  const { exact, ambiguous, similar, none } = found.counts;
  if (clientCounts.unmapped === 0) return <p className="lead good">Every client is mapped.</p>;
  const rows = found.nodes.map(({ client, kind, candidates }, index) => ({
    key: index,
    cells: [
      client.name,
      client.activeUserCount,
      <Tag look={kinds[kind]?.look}>{kinds[kind]?.said ?? kind}</Tag>,
      candidates.length === 0 ? '' : <Candidates of={candidates} />,
    ],
  }));
  return (
    <>
      <p className="lead">
        {exact} of {count(exact + ambiguous + similar + none, 'unmapped client')} can be mapped at once by an
        administrator of the partner.
      </p>
      <p>
        {ambiguous} ambiguous, {similar} with customers of a similar name, {none} without any.
      </p>
      <Part title="Clients that are not mapped">
        <Table label="Clients that are not mapped" heads={['Client', 'Active users', 'Found', 'Customers']} rows={rows} />
      </Part>
      <More page={found.pageInfo} onMore={onMore}>
        More clients
      </More>
    </>
  );
}

function Candidates({ of }) {
  return of.map(({ customer, score, reason }) => (
    <div key={customer.haloId}>
      {customer.name} <span className="quiet">({reasons[reason] ?? `${score} % of the words`})</span>
    </div>
  ));
}
