// "Find a partner": the partners found, and by which client.
import { connected, count } from '../words.js';
import { Problem } from './parts.jsx';

export function Partners({ found, search = '', onPartner }) {
  if (found.nodes.length === 0) return <p>No partner matches.</p>;
  return (
    <ul className="cards" aria-label="Partners found">
      {found.nodes.map((partner) => (
        <li key={partner.id}>
          <header>
            <h3>
              {partner.name} <small>{partner.externalId}</small>
            </h3>
            {onPartner && (
              <button type="button" onClick={() => onPartner(partner)}>
                Act for {partner.name}
              </button>
            )}
          </header>
          {foundBy(partner, search) && <p>Found by {foundBy(partner, search)}.</p>}
          <Standing partner={partner} />
        </li>
      ))}
      {found.totalCount > found.nodes.length && (
        <li className="quiet">{found.totalCount - found.nodes.length} more match. Type more of the name.</li>
      )}
    </ul>
  );
}

/** The clients by which a partner was found, unless its own name says why. */
export function foundBy({ name, clients }, search) {
  const names = clients?.nodes.map((client) => client.name) ?? [];
  if (names.length === 0 || folded(name).includes(folded(search))) return null;
  const [first, ...others] = names;
  return others.length === 0 ? `its client ${first}` : `its clients ${first}, ${others.join(', ')}`;
}

const folded = (text) => text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase().trim();

/** The status of a partner, in one line. */
function Standing({ partner: { haloConnection, clientCounts } }) {
  return (
    <>
      <p className="quiet">
        {haloConnection ? (connected[haloConnection.status] ?? haloConnection.status) : 'Halo is not connected'}
        {clientCounts && `, ${clientCounts.mapped} of ${count(clientCounts.total, 'client')} mapped`}
        {clientCounts?.needingAttention > 0 && `, ${clientCounts.needingAttention} with a problem to resolve`}
      </p>
      {haloConnection?.problem && <Problem {...haloConnection.problem} />}
    </>
  );
}
