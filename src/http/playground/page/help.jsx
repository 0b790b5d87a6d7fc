// The shortcuts, in one dialog. `?` opens it from anywhere but a text field.
import { formatShortcutForOS, KEY_MAP } from '@graphiql/react';
import { useEffect, useRef } from 'react';

const shortcuts = [
  ['Go to the support desk', 'Alt-1'],
  ['Go to the answer', 'Alt-2'],
  ['Go to the operation in GraphQL', 'Alt-3'],
  ['Run the operation', formatShortcutForOS(KEY_MAP.runQuery.key, 'Cmd')],
  ['Complete the typed text', 'Ctrl-Space'],
  ['Tidy up the operation', KEY_MAP.prettify.key],
  ['Search in the documentation', formatShortcutForOS(KEY_MAP.searchInDocs.key)],
  ['Search in an editor', formatShortcutForOS(KEY_MAP.searchInEditor.key)],
  ['Copy the operation', KEY_MAP.copyQuery.key],
  ['Let Tab leave an editor, on or off', 'Ctrl-M'],
  ['This list', '?'],
];

export function Help({ open, onOpen, onClose }) {
  const dialog = useRef(null);
  useEffect(() => {
    if (open) dialog.current.showModal();
  }, [open]);
  useEffect(() => {
    const onKeyDown = (event) => {
      if (event.key === '?' && !event.target.closest('input, textarea, select, [contenteditable]')) onOpen();
      if (!event.altKey || event.ctrlKey || event.metaKey) return;
      const place = places[event.code];
      if (!place) return;
      document.querySelector(place.tab)?.click();
      // The pane comes to the front first, and both before the next key.
      queueMicrotask(() => document.querySelector(place.at)?.focus());
      event.preventDefault();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, []);
  return (
    <dialog ref={dialog} className="desk-dialog" aria-labelledby="help-title" onClose={onClose}>
      <h2 id="help-title">Keyboard shortcuts</h2>
      <dl className="shortcuts">
        {shortcuts.map(([what, keys]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>
              <kbd>{keys}</kbd>
            </dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button>Close</button>
      </form>
    </dialog>
  );
}

const places = {
  Digit1: { at: '#desk input, #desk .menu button' },
  Digit2: { tab: '#tab-answer', at: '#answer' },
  Digit3: { tab: '#tab-graphql', at: '.graphiql-query-editor textarea' },
};
