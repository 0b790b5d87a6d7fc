// The support desk's menu: one partner, and the saved operations for it.
import { useState } from 'react';
import pickPartner from '../operations/pick_partner.graphql';
import { foundBy } from './answer/partners.jsx';
import { Picker } from './picker.jsx';
import { nodesOf } from './wire.js';

/**
 * `offered` are the menu entries that the caller may use, and `trouble` says why there are none.
 * `open` is the entry whose form is open. On a narrow page the menu folds once an entry is open.
 */
export function Desk({ wire, viewer, partner, onPartner, offered, trouble, open, onOpen }) {
  const [folded, setFolded] = useState(true);
  return (
    <nav className="desk" aria-label="Support desk" id="desk" tabIndex={-1}>
      {viewer?.partner && (
        <p className="own-partner">
          <span>Partner</span> {viewer.partner.name}
        </p>
      )}
      {viewer && !viewer.partner && (
        <Picker
          label="Partner"
          hint="Name, client, address or id"
          chosen={partner}
          least={2}
          onChoose={onPartner}
          search={async (text) => {
            const found = await nodesOf(wire.ask(pickPartner, { search: text }), (data) => data.partners);
            return Array.isArray(found) ? found.map((one) => ({ ...one, note: foundBy(one, text) })) : found;
          }}
        />
      )}
      {trouble && <p className="quiet">{trouble}</p>}
      {open && <Unfold {...{ folded, setFolded }} />}
      <ul className={`menu ${open && folded ? 'folded' : ''}`} id="menu">
        {offered.map((entry) => (
          <li key={entry.name}>
            <button
              type="button"
              aria-current={open === entry ? 'true' : undefined}
              onClick={() => {
                setFolded(true);
                onOpen(entry);
              }}
            >
              {entry.title}
              {entry.kind === 'mutation' && <em>action</em>}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Shows the menu again on a narrow page, where it folds once an entry is open. */
export function Unfold({ folded, setFolded }) {
  return (
    <button
      type="button"
      className="unfold"
      aria-expanded={!folded}
      aria-controls="menu"
      onClick={() => setFolded(!folded)}
    >
      Menu
    </button>
  );
}
