// Forms: nothing typed is lost, nothing is sent twice, fields are checked as they are left.

const written = (form) => JSON.stringify([...new FormData(form)].map(([name, value]) => [name, value instanceof File ? value.name + value.size : value]));
const opened = new WeakMap(); // what a guarded form held when it came
let sent = new WeakSet(); // forms on their way; a download leaves the page standing, so they may go again after a while
const leave = (form) => opened.delete(form);

readiers.push((root) => {
  const forms = all('form[data-guard]', root);
  if (root.matches?.('form[data-guard]')) forms.push(root);
  for (const form of forms) opened.set(form, one('[role=alert]', form) ? '' : written(form)); // a refused form is unsaved
});
addEventListener('beforeunload', (event) => {
  if (!navigator.userActivation?.hasBeenActive) return; // browsers ask nobody who touched nothing
  for (const form of all('form[data-guard]')) {
    if (opened.has(form) && opened.get(form) !== written(form)) { event.preventDefault(); return; }
  }
});
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.getAttribute('method') !== 'post') return;
  if (sent.has(form)) { event.preventDefault(); return; }
  sent.add(form);
  setTimeout(() => sent.delete(form), 5000);
  leave(form);
  for (const note of all('[data-uploading]', form)) {
    if (one('input[type=file]', note.parentElement)?.files.length) note.textContent = note.dataset.uploading;
  }
});
addEventListener('pageshow', (event) => { if (event.persisted) sent = new WeakSet(); });

// Asking about a value when its field is left. The other fields of its row go along by their last name.
on('change', '[data-check]', async (event, input) => {
  const place = document.getElementById(`${input.id}-check`);
  const address = new URL(input.dataset.check, location.href);
  address.searchParams.set('path', input.name);
  address.searchParams.set('value', input.value);
  for (const other of all('input, select', input.closest('[data-row]') || input.parentElement)) {
    const name = other.name.split('.').pop();
    if (other !== input && other.name && !/^_/.test(name) && !/radio|checkbox|hidden/.test(other.type)) address.searchParams.set(name, other.value);
  }
  try {
    const answer = await ask(address);
    if (!answer || answer.status >= 400 || !place.isConnected || address.searchParams.get('value') !== input.value) return;
    place.replaceChildren(...[...answer.page.body.childNodes].map((node) => document.adoptNode(node)));
    const wrong = Boolean(one('[data-tone=bad]', place));
    input.setAttribute('aria-invalid', String(wrong));
    document.getElementById(`${input.id}-error`)?.remove();
    input.setAttribute('aria-describedby', `${place.id} ${input.id}-help`);
  } catch { /* the save checks again */ }
});

// Likely duplicates beside the form.
const alike = later(350, async (form) => {
  const values = new URLSearchParams(all('[data-alike]', form).map((input) => [input.name, input.value]));
  try {
    const answer = await ask(form.dataset.alikeAt, { method: 'POST', body: values });
    const place = one('#alike');
    if (answer && place && answer.status < 400) place.replaceChildren(...[...answer.page.body.childNodes].map((node) => document.adoptNode(node)));
  } catch { /* the save checks again */ }
});
on('input', '[data-alike]', (event, input) => { if (input.form.dataset.alikeAt) alike(input.form); });

// Repeated groups: what the add and remove buttons do at the server, done here.
on('click', 'button[name=_add]', (event, button) => {
  const group = button.closest('[data-repeat]');
  const template = one('template', group);
  if (!template) return;
  event.preventDefault();
  const place = one('.repeat-rows', group);
  const numbers = all('button[name=_remove]', place).map((remove) => parseInt(remove.value.slice(group.dataset.repeat.length + 1), 10));
  const index = Math.max(-1, ...numbers) + 1;
  const fresh = document.createElement('template');
  fresh.innerHTML = template.innerHTML.replaceAll('__i__', index).replaceAll('__n__', place.childElementCount + 1);
  const row = fresh.content.firstElementChild;
  place.append(row);
  limitRows(group);
  const radio = one('input[type=radio]', row);
  if (radio && !all('input[type=radio]:checked', place).length) radio.checked = true;
  (one('input:not([type=hidden], [type=radio])', row) || one('select', row))?.focus();
});
on('click', 'button[name=_remove]', (event, button) => {
  const group = button.closest('[data-repeat]');
  if (!group) return;
  event.preventDefault();
  const row = button.closest('[data-row]');
  const near = row.nextElementSibling || row.previousElementSibling;
  row.remove();
  limitRows(group);
  const radios = all('input[type=radio]', group);
  if (radios.length === 1) radios[0].checked = true;
  ((near && one('input:not([type=hidden], [type=radio])', near)) || one('button[name=_add]', group))?.focus();
});
function limitRows(group) {
  const max = Number(group.dataset.max);
  const add = one('button[name=_add]', group);
  if (add && max) add.disabled = one('.repeat-rows', group).childElementCount >= max;
}

// Lists of short texts: the line with commas becomes pieces that can be removed one by one.
readiers.push((root) => {
  for (const input of all('input[data-tokens]', root)) {
    const store = Object.assign(document.createElement('input'), { type: 'hidden', name: input.name });
    const place = Object.assign(document.createElement('div'), { className: 'tokens' });
    let values = input.value.split(',').map((text) => text.trim()).filter(Boolean);
    input.removeAttribute('name');
    input.value = '';
    input.replaceWith(place);
    const draw = () => {
      store.value = values.join(', ');
      place.replaceChildren(store, ...values.map((text) => {
        const token = Object.assign(document.createElement('span'), { className: 'token', textContent: text });
        const remove = Object.assign(document.createElement('button'), { type: 'button' });
        remove.setAttribute('aria-label', `${input.dataset.tokens} ${text}`);
        remove.append(Object.assign(document.createElement('i'), { className: 'icon i-close' }));
        remove.addEventListener('click', () => { values = values.filter((other) => other !== text); draw(); input.focus(); });
        token.append(remove);
        return token;
      }), input);
    };
    const take = () => {
      const fresh = input.value.split(',').map((text) => text.trim()).filter(Boolean);
      const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
      for (const text of fresh) if (!values.some((other) => fold(other) === fold(text))) values.push(text);
      input.value = '';
      if (fresh.length) draw();
    };
    input.addEventListener('keydown', (event) => {
      if ((event.key === 'Enter' || event.key === ',') && input.value.trim()) { event.preventDefault(); take(); input.focus(); }
      if (event.key === 'Backspace' && !input.value && values.length) { values.pop(); draw(); input.focus(); }
    });
    input.addEventListener('blur', () => { if (input.value.trim()) take(); });
    draw();
  }
});

// Lists to bring in order: buttons move a row without asking the server; rows can be dragged too.
on('click', '[data-sorter] [name=_up], [data-sorter] [name=_down]', (event, button) => {
  event.preventDefault();
  const item = button.closest('[data-sort-item]');
  const up = button.name === '_up';
  const other = up ? item.previousElementSibling : item.nextElementSibling;
  if (!other) return;
  if (up) other.before(item); else other.after(item);
  (button.checkVisibility({ visibilityProperty: true }) ? button : one(`[name=${up ? '_down' : '_up'}]`, item)).focus();
});
// Long ones are searched, and all in sight ticked or cleared at once.
const bareText = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
const narrowSorter = (input) => { for (const item of all('[data-sort-item]', input.closest('fieldset'))) item.hidden = !bareText(item.textContent).includes(bareText(input.value.trim())); };
on('input', '[data-sorter-find]', (event, input) => narrowSorter(input));
on('keydown', '[data-sorter-find]', (event, input) => {
  if (event.key === 'Enter') event.preventDefault(); // it searches, and sends nothing
  if (event.key === 'Escape' && input.value) { event.preventDefault(); input.value = ''; narrowSorter(input); }
});
on('click', '[data-sorter-tick]', (event, button) => {
  for (const box of all('[data-sort-item]:not([hidden]) input[type=checkbox]', button.closest('fieldset'))) box.checked = button.dataset.sorterTick === '1';
});
let dragged = null;
readiers.push((root) => { for (const item of all('[data-sort-item]', root)) item.draggable = true; });
on('dragstart', '[data-sort-item]', (event, item) => { dragged = item; item.classList.add('dragged'); event.dataTransfer.effectAllowed = 'move'; });
on('dragend', '[data-sort-item]', (event, item) => { dragged = null; item.classList.remove('dragged'); });
on('dragover', '[data-sort-item]', (event, item) => {
  if (!dragged || dragged.parentElement !== item.parentElement) return;
  event.preventDefault();
  if (dragged === item) return;
  const box = item.getBoundingClientRect();
  if (event.clientY > box.top + box.height / 2) item.after(dragged); else item.before(dragged);
});

// Files can be dropped.
for (const [type, over] of [['dragenter', true], ['dragover', true], ['dragleave', false], ['drop', false]]) {
  on(type, '[data-drop]', (event, place) => {
    event.preventDefault();
    place.classList.toggle('over', over);
    if (type !== 'drop' || !event.dataTransfer.files.length) return;
    const input = one('input[type=file]', place);
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
}

// Everything is in place: begin with the page as it came.
ready(document);
(one('[data-focus]') || one('form[data-begin] :is(input:not([type=hidden]), select, textarea)'))?.focus();
