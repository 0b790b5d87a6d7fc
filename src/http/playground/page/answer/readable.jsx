// The answer to any operation, without JSON: names and values, and lists as tables.
import { asTitle, when } from '../words.js';

/** `value` as text, names and values, or a table. */
export function Readable({ value, name }) {
  if (value === null || value === undefined) return <span className="quiet">none</span>;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return <List entries={value} name={name} />;
  if (typeof value === 'object') {
    // A page of a list is its entries.
    const entries = value.nodes ?? value.edges?.map(({ node }) => node);
    const rest = Object.entries(value).filter(([key]) => !['__typename', 'nodes', 'edges', 'pageInfo'].includes(key));
    return (
      <>
        {rest.length > 0 && (
          <dl className="facts">
            {rest.map(([key, inner]) => (
              <div key={key} className={isRecord(inner) ? 'nested' : undefined}>
                <dt>{spaced(key)}</dt>
                <dd>
                  <Readable value={inner} name={key} />
                </dd>
              </div>
            ))}
          </dl>
        )}
        {entries && <List entries={entries} name={name} />}
      </>
    );
  }
  return /^\d{4}-\d\d-\d\dT/.test(value) ? when(value) : String(value);
}

function List({ entries, name }) {
  if (entries.length === 0) return <span className="quiet">none</span>;
  if (entries.every((entry) => typeof entry !== 'object')) return entries.join(', ');
  return (
    <ul className="cards" aria-label={name && spaced(name)}>
      {entries.map((entry, index) => (
        <li key={entry?.id ?? index}>
          <Readable value={entry} />
        </li>
      ))}
    </ul>
  );
}

const isRecord = (value) =>
  value !== null && typeof value === 'object' && (!Array.isArray(value) || value.some(isRecord));

const spaced = (key) => asTitle(key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`));
