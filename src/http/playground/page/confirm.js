// The confirmation before a mutation. Plain DOM: it is one modal dialog, and the fetcher that needs
// the answer is not a component.

/** Resolves to true if the user confirms, and to false otherwise, also on Escape. */
export function confirmMutation({ environment, operation, partner, caller }) {
  const dialog = document.createElement('dialog');
  dialog.className = 'desk-dialog confirm-mutation';
  dialog.setAttribute('aria-labelledby', 'confirm-title');
  dialog.append(
    element('h2', `Run this in ${environment}?`, { id: 'confirm-title' }),
    facts([
      ['Operation', operation ?? 'without a name'],
      ['Partner', partner ?? 'none named'],
      ['As', caller],
    ]),
    element('p', 'It takes effect immediately and is recorded in the audit log under your name.'),
  );
  const form = element('form', '', { method: 'dialog' });
  form.append(
    element('button', 'Cancel', { value: 'no', autofocus: true }),
    element('button', 'Yes, run it', { value: 'yes', className: 'danger' }),
  );
  dialog.append(form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
  });
}

function facts(pairs) {
  const list = element('dl');
  for (const [name, value] of pairs) list.append(element('dt', name), element('dd', value));
  return list;
}

function element(name, text = '', properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text, ...properties });
}
