// The banner, always visible: the environment, the caller, and the partner that the next run is
// for.
import { useGraphiQL } from '@graphiql/react';
import { partnerIdIn, usePartner } from './partner.js';

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
            {viewer.name ?? 'Unnamed caller'} <small>{viewer.role.toLowerCase().replace('_', ' ')}</small>
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

/**
 * The partner that the next run is for. With the answer in front or a form about a partner open,
 * this is the desk's partner, with a note if the active tab names another one; else it is the
 * active tab's partner.
 */
export function ActingFor({ wire, viewer, partner, atDesk }) {
  const id = useGraphiQL(({ tabs, activeTabIndex }) => {
    const tab = tabs[activeTabIndex];
    return partnerIdIn(tab?.query, tab?.variables);
  });
  const inFront = usePartner(wire, id, [viewer?.partner, partner]);
  const desk = viewer?.partner ?? partner;
  const other = atDesk && inFront && id !== desk?.id ? inFront : null;
  const shown = atDesk ? desk : (inFront ?? desk);
  return (
    <p className="acting" aria-live="polite">
      Acting for <Named partner={shown} />
      {other && (
        <span className="other">
          The active tab is for <Named partner={other} />
        </span>
      )}
    </p>
  );
}

function Named({ partner }) {
  return (
    <>
      <b>{partner?.name ?? 'no partner yet'}</b> {partner?.externalId && <small>{partner.externalId}</small>}
    </>
  );
}
