// A combobox that selects a partner or client by name instead of by id.
import { useEffect, useId, useState } from 'react';

const nothing = { text: null, items: [], problem: null };

/**
 * `search(text)` returns a promise of `[{ id, name, externalId, note }]`, or of `{ problem }` if it
 * failed; `note` says what an entry was found by.
 * `onChoose(item)` receives the selected item, and null once the text is changed again.
 * A search needs at least `least` characters: each partner that support sees leaves an audit row.
 */
export function Picker({ label, hint, chosen, search, onChoose, disabled, least = 0 }) {
  const id = useId();
  const [text, setText] = useState(chosen?.name ?? '');
  const [found, setFound] = useState(nothing);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  const [touched, setTouched] = useState(false);

  // Typing ends the selection and keeps the typed text.
  useEffect(() => {
    if (chosen) setText(chosen.name);
  }, [chosen]);

  const short = text.trim().length < least;
  useEffect(() => {
    if (!open || short) return;
    let current = true;
    const timer = setTimeout(async () => {
      const answer = await search(text.trim());
      if (!current) return;
      setFound({ ...nothing, text, ...(Array.isArray(answer) ? { items: answer } : answer) });
      setActive(0);
    }, 250);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [text, open]);

  // The results of an earlier text are not offered: Enter would select their first entry.
  const looked = found.text === text;
  const items = looked && !short ? found.items : [];
  const shown = open && items.length > 0;
  const note = noteOf({ chosen, touched, short, least, looked, found });

  function choose(item) {
    setOpen(false);
    setText(item.name);
    onChoose(item);
  }

  function onKeyDown(event) {
    const last = items.length - 1;
    if (event.key === 'ArrowDown') {
      if (open) setActive(Math.min(active + 1, last));
      setOpen(true);
    } else if (event.key === 'ArrowUp') setActive(Math.max(active - 1, 0));
    else if (event.key === 'Enter' && open) items[active] && choose(items[active]);
    else if (event.key === 'Escape' && open) setOpen(false);
    else return;
    event.preventDefault();
  }

  return (
    <div className="field picker">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        role="combobox"
        aria-expanded={shown}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={shown && items[active] ? `${id}-${active}` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder={hint}
        disabled={disabled}
        value={text}
        onFocus={() => {
          setOpen(!chosen);
          setTouched(true);
        }}
        onClick={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={onKeyDown}
        onChange={(event) => {
          setText(event.target.value);
          setOpen(true);
          if (chosen) onChoose(null);
        }}
      />
      {/* Its place is kept, so that nothing is covered and nothing moves under a click. */}
      <p className="note" role="status">
        {note}
      </p>
      <ul id={`${id}-list`} role="listbox" aria-label={label} hidden={!shown}>
        {items.map((item, index) => (
          <li
            key={item.id}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === active}
            // Before the input loses the focus: otherwise the list is closed when the click
            // arrives.
            onMouseDown={(event) => {
              event.preventDefault();
              choose(item);
            }}
          >
            {item.name} <small>{item.externalId}</small>
            {item.note && <small className="found-by">{item.note}</small>}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What is said below the input; it stays when the input loses the focus. */
function noteOf({ chosen, touched, short, least, looked, found }) {
  if (chosen || !touched) return '';
  if (short) return `Type at least ${least} characters.`;
  if (!looked) return 'Looking…';
  return found.problem ?? (found.items.length === 0 ? 'Nothing by that name.' : '');
}
