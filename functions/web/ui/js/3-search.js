// Searching: completion below the global box, and lists that follow the typing.

// The global box becomes a combobox. Enter opens the marked match (the first, unless arrows moved on); a match with a
// quick view opens that, with its link to the whole record focused, so that a second Enter goes on.
for (const form of all('form[data-suggest]')) {
  const input = one('input', form);
  const list = one('[role=listbox]', form);
  const status = one('[role=status]', form);
  let running = null; // the request under way
  let answered = ''; // the text whose matches are shown
  let wanted = false; // Enter was pressed before the matches came

  input.setAttribute('role', 'combobox');
  input.setAttribute('aria-autocomplete', 'list');
  input.setAttribute('aria-expanded', 'false');

  const options = () => all('[role=option]', list);
  const marked = () => one('[aria-selected=true]', list);
  const mark = (option) => {
    for (const other of options()) other.setAttribute('aria-selected', String(other === option));
    if (option) { input.setAttribute('aria-activedescendant', option.id); option.scrollIntoView({ block: 'nearest' }); }
    else input.removeAttribute('aria-activedescendant');
  };
  const close = () => {
    list.hidden = true;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  };
  const open = (option) => {
    close();
    if (option.dataset.preview && showPanel(option.dataset.preview, option.href, true)) { input.value = ''; answered = ''; return; }
    location.assign(option.href);
  };
  const suggest = async () => {
    const q = input.value.trim();
    if (running) running.abort();
    if (q === answered && !list.hidden) return;
    if (q.length < 2) { answered = ''; close(); return; }
    running = new AbortController();
    try {
      const answer = await ask(`${form.dataset.suggest}?q=${encodeURIComponent(q)}`, { signal: running.signal });
      if (!answer) return;
      const found = one('[data-said]', answer.page);
      list.replaceChildren(...(found ? [...found.children].map((node) => document.adoptNode(node)) : []));
      status.textContent = found ? found.dataset.said : '';
      answered = q;
      list.hidden = !options().length || input !== document.activeElement;
      input.setAttribute('aria-expanded', String(!list.hidden));
      mark(options()[0]);
      if (wanted && marked()) open(marked());
    } catch (error) {
      if (error.name !== 'AbortError' && wanted) form.submit();
    }
    wanted = false;
  };
  const soon = later(90, suggest);

  input.addEventListener('input', () => { wanted = false; soon(); });
  input.addEventListener('focus', () => { if (input.value.trim().length > 1) suggest(); });
  input.addEventListener('keydown', (event) => {
    const found = options();
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (list.hidden || !found.length) return;
      event.preventDefault();
      mark(found[(found.indexOf(marked()) + (event.key === 'ArrowDown' ? 1 : -1) + found.length) % found.length]);
    } else if (event.key === 'Enter' && !event.isComposing) {
      const q = input.value.trim();
      if (q.length < 2) return;
      event.preventDefault();
      if (q === answered && !list.hidden && marked()) open(marked());
      else { wanted = true; suggest(); }
    } else if (event.key === 'Escape') {
      if (!list.hidden) { event.preventDefault(); close(); } else { input.value = ''; input.blur(); }
    }
  });
  list.addEventListener('mousedown', (event) => event.preventDefault()); // keep the focus in the box
  list.addEventListener('click', (event) => {
    const option = event.target.closest('[role=option]');
    if (!option || event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    open(option);
  });
  form.addEventListener('focusout', (event) => { if (!form.contains(event.relatedTarget)) close(); });
}

// A list follows its filter: the page is asked for again and its regions are replaced; the address follows, so that a
// reload, a bookmark or a colleague sees the same list.
let searching = null;
async function search(form) {
  const values = new URLSearchParams([...new FormData(form)].filter(([, value]) => value !== ''));
  const address = new URL(form.getAttribute('action'), location.href);
  address.search = values;
  if (searching) searching.abort();
  const mine = searching = new AbortController();
  const slow = setTimeout(() => one('.table-view')?.setAttribute('aria-busy', 'true'), 300);
  try {
    const answer = await ask(address, { signal: mine.signal });
    if (!answer) return;
    for (const region of all('[data-region]')) swap(answer.page, region.id);
    const input = one('input[type=search]', form);
    for (const name of ['aria-invalid', 'aria-describedby']) {
      const other = answer.page.getElementById(input.id)?.getAttribute(name);
      if (other) input.setAttribute(name, other); else input.removeAttribute(name);
    }
    history.replaceState(null, '', address);
    one('[data-live-status]', form).textContent = one('[data-found]')?.dataset.found || '';
  } catch (error) {
    if (error.name !== 'AbortError') form.submit();
  } finally {
    clearTimeout(slow);
    if (mine === searching) one('.table-view')?.removeAttribute('aria-busy');
  }
}
// renew brings a list up to date with what was changed beside it.
async function renew() {
  if (!one('[data-region]')) return;
  const answer = await ask(location.href);
  if (answer) for (const region of all('[data-region]')) swap(answer.page, region.id);
}
const searchSoon = later(130, search);
on('input', 'form[data-live]', (event, form) => searchSoon(form));
on('submit', 'form[data-live]', (event, form) => { event.preventDefault(); search(form); });
on('keydown', 'form[data-live] input', (event, input) => {
  if (event.key === 'ArrowDown') { event.preventDefault(); moveTo(0); }
  if (event.key === 'Escape' && input.value) { event.preventDefault(); input.value = ''; search(input.form); }
});
