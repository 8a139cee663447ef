// A filter line completes what is typed: fields, values, saved searches. Nothing is marked until an arrow says so, so that
// Enter searches; Enter or Tab on a marked one takes it.
for (const box of all('[data-complete]')) {
  const input = one('input', box);
  const list = one('[role=listbox]', box);
  const status = one('[role=status]', box);
  let running = null;
  let settled = false; // Enter was pressed: what comes later is not shown any more

  input.setAttribute('role', 'combobox');
  input.setAttribute('aria-autocomplete', 'list');
  input.setAttribute('aria-expanded', 'false');
  input.setAttribute('aria-controls', list.id);

  const options = () => all('[role=option]', list);
  const marked = () => one('[aria-selected=true]', list);
  const mark = (option) => {
    for (const other of options()) other.setAttribute('aria-selected', String(other === option));
    if (option) { input.setAttribute('aria-activedescendant', option.id); option.scrollIntoView({ block: 'nearest' }); } else input.removeAttribute('aria-activedescendant');
  };
  const close = () => {
    if (running) running.abort();
    list.hidden = true;
    mark(null);
    input.setAttribute('aria-expanded', 'false');
  };
  const complete = async () => {
    if (running) running.abort();
    const typed = input.value.slice(0, input.selectionStart);
    if (settled || !typed.trim() || document.activeElement !== input) { close(); return; }
    running = new AbortController();
    try {
      const answer = await ask(`${box.dataset.complete}?q=${encodeURIComponent(typed)}`, { signal: running.signal });
      const found = answer && one('[data-said]', answer.page);
      if (!found || typed !== input.value.slice(0, input.selectionStart)) return;
      list.replaceChildren(...[...found.children].map((node) => document.adoptNode(node)));
      list.hidden = !options().length;
      input.setAttribute('aria-expanded', String(!list.hidden));
      input.removeAttribute('aria-activedescendant');
      status.textContent = list.hidden ? '' : found.dataset.said;
    } catch (error) { if (error.name !== 'AbortError') close(); }
  };
  const soon = later(110, complete);
  const take = (option) => {
    const { text } = option.dataset;
    input.value = text + input.value.slice(input.selectionStart).replace(/^\S*\s?/, '');
    input.setSelectionRange(text.length, text.length);
    input.focus();
    close();
    input.dispatchEvent(new Event('input', { bubbles: true }));
    if ('more' in option.dataset) complete();
  };

  input.addEventListener('input', () => { settled = false; soon(); });
  input.addEventListener('keydown', (event) => {
    if (event.isComposing) return;
    if (event.key === 'Enter' && !marked()) { settled = true; close(); return; }
    if (list.hidden) return;
    const found = options();
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const at = found.indexOf(marked()) + (event.key === 'ArrowDown' ? 1 : -1);
      mark(found[at === -2 ? found.length - 1 : at] || null);
    } else if ((event.key === 'Enter' || event.key === 'Tab') && marked()) take(marked());
    else if (event.key === 'Escape') close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener('mousedown', (event) => event.preventDefault()); // keep the focus in the box
  list.addEventListener('click', (event) => { const option = event.target.closest('[role=option]'); if (option) take(option); });
  input.addEventListener('blur', close);
}
