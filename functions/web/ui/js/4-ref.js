// Choosing another record by typing: what is typed is completed, and the id of the match chosen goes along unseen. What
// is typed without choosing is looked for by the server as the form is sent.
const refs = new WeakMap(); // field -> { running, answered }
const refParts = (field) => ({ id: one('input[type=hidden]', field), input: one('.ref-box input', field), list: one('[role=listbox]', field), status: one('[role=status]', field) });
const refOptions = (field) => all('[role=option]', field);

function refClose(field) {
  const { input, list } = refParts(field);
  list.hidden = true;
  input.setAttribute('aria-expanded', 'false');
  input.removeAttribute('aria-activedescendant');
}
function refMark(field, option) {
  const { input } = refParts(field);
  for (const other of refOptions(field)) other.setAttribute('aria-selected', String(other === option));
  if (option) { input.setAttribute('aria-activedescendant', option.id); option.scrollIntoView({ block: 'nearest' }); } else input.removeAttribute('aria-activedescendant');
}
function refTake(field, option) {
  const { id, input } = refParts(field);
  id.value = option.dataset.id;
  input.value = option.dataset.title;
  one('.ref-choices', field)?.remove();
  refClose(field);
}
const refAsk = later(120, async (field) => {
  const { input, list, status } = refParts(field);
  const q = input.value.trim();
  const state = refs.get(field) || {};
  refs.set(field, state);
  if (state.running) state.running.abort();
  if (!q || document.activeElement !== input) { refClose(field); return; }
  state.running = new AbortController();
  try {
    const answer = await ask(`${field.dataset.ref}&q=${encodeURIComponent(q)}`, { signal: state.running.signal });
    const found = answer && one('[data-said]', answer.page);
    if (!found) return;
    list.replaceChildren(...[...found.children].map((node) => document.adoptNode(node)));
    refOptions(field).forEach((option, i) => { option.id = `${list.id}-${i}`; });
    status.textContent = found.dataset.said;
    list.hidden = document.activeElement !== input;
    input.setAttribute('aria-expanded', String(!list.hidden));
    refMark(field, refOptions(field)[0]);
  } catch (error) { if (error.name !== 'AbortError') refClose(field); }
});
readiers.push((root) => {
  for (const field of [...all('[data-ref]', root), ...(root.matches?.('[data-ref]') ? [root] : [])]) refReady(field);
});
function refReady(field) {
  const { input, list } = refParts(field);
  input.setAttribute('role', 'combobox');
  input.setAttribute('aria-autocomplete', 'list');
  input.setAttribute('aria-expanded', 'false');
  input.setAttribute('aria-controls', list.id);
}
on('input', '[data-ref] .ref-box input', (event, input) => {
  const field = input.closest('[data-ref]');
  if (!input.hasAttribute('role')) refReady(field);
  refParts(field).id.value = '';
  refAsk(field);
});
on('keydown', '[data-ref] .ref-box input', (event, input) => {
  const field = input.closest('[data-ref]');
  const { list } = refParts(field);
  const found = refOptions(field);
  const marked = found.find((option) => option.getAttribute('aria-selected') === 'true');
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    if (list.hidden || !found.length) { if (event.key === 'ArrowDown') refAsk(field); return; }
    event.preventDefault();
    refMark(field, found[(found.indexOf(marked) + (event.key === 'ArrowDown' ? 1 : -1) + found.length) % found.length]);
  } else if (event.key === 'Enter' && !list.hidden && marked && !event.isComposing) {
    event.preventDefault();
    refTake(field, marked);
  } else if (event.key === 'Escape' && !list.hidden) {
    event.preventDefault();
    event.stopPropagation();
    refClose(field);
  }
});
on('mousedown', '[data-ref] [role=listbox]', (event) => event.preventDefault()); // keep the focus in the field
on('click', '[data-ref] [role=option]', (event, option) => refTake(option.closest('[data-ref]'), option));
on('focusout', '[data-ref]', (event, field) => { if (!field.contains(event.relatedTarget)) refClose(field); });
