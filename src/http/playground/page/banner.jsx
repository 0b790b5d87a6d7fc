// Where one is, as whom, and for whom: always in sight.
import { useGraphiQL } from '@graphiql/react';
import { useEffect, useState } from 'react';
import { nameOf, partnerIdIn } from './partner.js';

export function Banner({ config, session, state, viewer, children, onHelp }) {
  return (
    <header className={`banner ${config.environment === 'development' ? 'harmless' : 'serious'}`}>
      <h1>
        INFIMA <span>Halo integration</span>
      </h1>
      <strong className="environment">{config.environment}</strong>
      {children}
      <div className="who">
        {viewer && (
          <span>
            {viewer.name ?? 'Somebody'} <small>{viewer.role.toLowerCase().replace('_', ' ')}</small>
          </span>
        )}
        {config.devCallers.length > 0 && !config.oidc && (
          <label>
            <span className="visually-hidden">Calling as</span>
            <select
              aria-label="Calling as"
              value={config.devCallers.findIndex(({ label }) => label === state.label)}
              onChange={(event) => session.chooseDevCaller(Number(event.target.value))}
            >
              {config.devCallers.map(({ label }, index) => (
                <option key={label} value={index}>
                  {label}
                </option>
              ))}
            </select>
          </label>
        )}
        {config.oidc && state.phase === 'in' && (
          <button type="button" onClick={() => session.end()}>
            Sign out
          </button>
        )}
        <button type="button" onClick={onHelp} aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)">
          ?
        </button>
      </div>
    </header>
  );
}

/** Follows the tab in front: it, not the desk, decides whom the next run is for. */
export function ActingFor({ wire, viewer, partner }) {
  const id = useGraphiQL(({ tabs, activeTabIndex }) => {
    const tab = tabs[activeTabIndex];
    return partnerIdIn(tab?.query, tab?.variables);
  });
  const [named, setNamed] = useState({});
  const known = [viewer?.partner, partner].find((one) => one && one.id === id);
  const foreign = id && !known;

  useEffect(() => {
    if (!foreign || named[id]) return;
    const timer = setTimeout(async () => {
      const partner = await nameOf(wire, id);
      setNamed((before) => ({ ...before, [id]: partner }));
    }, 600);
    return () => clearTimeout(timer);
  }, [id, foreign]);

  const shown = known ?? (id ? (named[id] ?? { name: id }) : (viewer?.partner ?? partner));
  return (
    <p className="acting" aria-live="polite">
      Acting for <b>{shown?.name ?? 'no partner yet'}</b> {shown?.externalId && <small>{shown.externalId}</small>}
    </p>
  );
}
