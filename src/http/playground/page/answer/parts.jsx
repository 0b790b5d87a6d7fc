// What the answers are made of.

/** A problem, or with `warning` something that is only worth a look. */
export function Problem({ message, remedy, code, warning, children }) {
  return (
    <div className={warning ? 'problem warning' : 'problem'}>
      <p>
        {message} {code && <code>{code}</code>}
      </p>
      {remedy && <p className="remedy">{remedy}</p>}
      {children}
    </div>
  );
}

export function Tag({ look = 'quiet', children }) {
  return <span className={`tag ${look}`}>{children}</span>;
}

/** A section with a heading. */
export function Part({ title, children }) {
  return (
    <section className="part">
      <h3>{title}</h3>
      {children}
    </section>
  );
}

/** Pairs of a name and a value; a pair without a value is left out. */
export function Facts({ of, label }) {
  return (
    <dl className="facts" aria-label={label}>
      {of
        .filter(([, value]) => value !== null && value !== undefined && value !== false)
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

/** Rows under heads; on a narrow page each row is a card, and each value has its head beside it. */
export function Table({ label, heads, rows }) {
  return (
    <table className="rows" aria-label={label}>
      <thead>
        <tr>
          {heads.map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, look, cells }) => (
          <tr key={key} className={look}>
            {cells.map((cell, index) => (
              <td key={heads[index]} data-head={heads[index]} className={cell === '' ? 'empty' : undefined}>
                <div>{cell}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function More({ page, onMore, children }) {
  if (!page?.hasNextPage) return null;
  return (
    <button type="button" onClick={() => onMore(page.endCursor)}>
      {children}
    </button>
  );
}

export function Summary({ summary }) {
  const parts = ['created', 'updated', 'unchanged', 'failed', 'skipped'].filter((name) => summary[name] > 0);
  return (
    <span className="summary">
      {parts.length === 0 ? 'Nothing was done.' : parts.map((name) => `${summary[name]} ${name}`).join(', ')}
    </span>
  );
}

/** Until when the partner's syncs are paused, why, and by whom. */
export function Pause({ until, reason, pausedBy }) {
  return (
    <>
      <Tag look="warn">until {until}</Tag> {reason} ({pausedBy.name})
    </>
  );
}
