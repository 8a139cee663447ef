// Lists: moving through rows, ticking them, the quick view.

const rows = () => all('table[data-rows] tbody tr');
let last = null; // the row that was current

const currentRow = () => {
  const row = document.activeElement.closest('table[data-rows] tbody tr');
  return row || (last && last.isConnected ? last : null);
};

function moveTo(index) {
  const found = rows();
  if (!found.length) return;
  const row = found[Math.max(0, Math.min(found.length - 1, index))];
  last = row;
  const link = one('.row-link', row) || one('a, input', row);
  if (link) { link.focus({ preventScroll: true }); row.scrollIntoView({ block: 'nearest' }); }
  if (!panel()?.hidden && row.dataset.preview) previewSoon(row);
}

// listKey does what a key means in a list; it says whether the key meant something.
function listKey(event) {
  const row = currentRow();
  const at = rows().indexOf(row);
  switch (event.key) {
    case 'j': if (!rows().length) return false; moveTo(at + 1); return true;
    case 'k': if (!rows().length) return false; moveTo(at < 0 ? 0 : at - 1); return true;
    case 'x': {
      const box = row && one('.tick input', row);
      if (!box) return false;
      box.click();
      return true;
    }
    case 'b': {
      const first = all('form[data-bulk].on .bulk-actions button').find(visible);
      if (!first) return false;
      first.focus();
      return true;
    }
    case ' ':
      if (!row || !row.dataset.preview || event.target.matches('input, button, summary')) return false;
      preview(row);
      return true;
  }
  return false;
}
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !event.defaultPrevented && panel() && !panel().hidden && !one('dialog[open]')) closePanel();
});
on('focusin', 'table[data-rows] tbody tr', (event, row) => { last = row; });

// A click on a row, not on something in it, opens it.
on('click', 'table[data-rows] tbody tr', (event, row) => {
  if (event.target.closest('a, button, input, label, summary') || String(getSelection()) || event.button) return;
  const link = one('.row-link', row);
  if (!link) return;
  if (event.metaKey || event.ctrlKey) window.open(link.href, '_blank', 'noopener'); else link.click();
});

// Quick view
const panel = () => one('#panel');
let before = null; // what had the focus
let showing = null;

function showPanel(address, href, focus) {
  const place = panel();
  if (!place) return false;
  if (place.hidden) before = document.activeElement;
  place.hidden = false;
  if (!place.childElementCount) place.textContent = place.dataset.loading;
  if (showing) showing.abort();
  showing = new AbortController();
  ask(address, { signal: showing.signal }).then((answer) => {
    if (!answer) return;
    const whole = answer.page.getElementById('panel');
    place.replaceChildren(...[...(whole || answer.page.body).childNodes].map((node) => document.adoptNode(node)));
    if (!one('[data-panel-close]', place)) place.prepend(shutter(place.dataset.shut));
    place.scrollTop = 0;
    ready(place);
    if (focus) (one('[data-panel-focus]', place) || place).focus();
  }).catch((error) => { if (error.name !== 'AbortError') location.assign(href); });
  return true;
}
// shutter closes the panel where what it shows, a form, has no button for that itself.
function shutter(label) {
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'icon-button panel-shut', title: label });
  button.dataset.panelClose = '';
  button.setAttribute('aria-label', label);
  button.append(Object.assign(document.createElement('i'), { className: 'icon i-close' }));
  return button;
}
on('click', '.panel-shut ~ * a.quiet, .panel-shut ~ form a.quiet', (event) => { event.preventDefault(); closePanel(); });
function closePanel() {
  if (showing) showing.abort();
  const inside = panel().contains(document.activeElement);
  panel().hidden = true;
  panel().replaceChildren();
  if (inside && before && before.isConnected) before.focus();
}
function preview(row) {
  const place = panel();
  if (place && !place.hidden && place.dataset.of === row.dataset.preview) { closePanel(); return; }
  place.dataset.of = row.dataset.preview;
  showPanel(row.dataset.preview, one('.row-link', row)?.href, false);
}
const previewSoon = later(120, (row) => {
  panel().dataset.of = row.dataset.preview;
  showPanel(row.dataset.preview, one('.row-link', row)?.href, false);
});
on('click', '[data-panel-close]', closePanel);
on('click', 'a[data-preview]', (event, link) => {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (link.getAttribute('role') === 'option') return;
  if (showPanel(link.dataset.preview, link.href, true)) event.preventDefault();
});

// Ticks. What is ticked lives in the address (sel=con_1.2.3), so that it survives paging, sorting and a reload. An address
// holds so many: whoever ticks more is told to take the whole result.
let lastTick = null;
const brief = (ids) => {
  const kind = ids[0].split('_')[0] + '_';
  return ids.map((id, i) => (i && id.startsWith(kind) && !id.slice(kind.length).includes('_') ? id.slice(kind.length) : id)).join('.');
};

on('click', '.tick input[name=id]', (event, box) => {
  const boxes = all('.tick input[name=id]', box.closest('table'));
  if (event.shiftKey && lastTick && boxes.includes(lastTick)) {
    const [from, to] = [boxes.indexOf(lastTick), boxes.indexOf(box)].sort((a, b) => a - b);
    for (const other of boxes.slice(from, to + 1)) other.checked = box.checked;
  }
  lastTick = box;
  within(box.form, boxes.indexOf(box));
  ticked(box.form);
});
on('click', '[data-tick-all]', (event, box) => {
  const boxes = all('.tick input[name=id]', box.closest('table'));
  for (const other of boxes) other.checked = box.checked;
  if (!boxes.length) return;
  within(boxes[0].form, boxes.length - 1);
  ticked(boxes[0].form);
});

// A form's fields hide its own properties: with fields named "id", form.id is not its id.
const boxesOf = (form) => all(`.tick input[form="${form.getAttribute('id')}"]`);

// within takes back what was ticked beyond the most, from a row upwards.
function within(form, from) {
  const boxes = boxesOf(form);
  const most = Number(form.dataset.most || Infinity);
  let over = boxes.filter((box) => box.checked).length + all('input[name=id]', form).length - most;
  form.dataset.over = over > 0 ? '1' : '';
  for (let i = from; i >= 0 && over > 0; i--) {
    if (boxes[i].checked) over--;
    boxes[i].checked = false;
  }
}

// ticked brings count, address, links and actions in line with the boxes.
function ticked(form) {
  for (const whole of all('input[name=all]', form)) whole.remove();
  const boxes = boxesOf(form);
  const chosen = boxes.filter((box) => box.checked);
  const elsewhere = all('input[name=id]', form).map((input) => input.value);
  const count = chosen.length + elsewhere.length;
  const number = count.toLocaleString(form.dataset.language);
  const text = count ? (count === 1 ? form.dataset.one : form.dataset.many).replace('{n}', number) : '';
  one('.bulk-count', form).textContent = form.dataset.over ? `${text}. ${form.dataset.tooMany}` : text;
  form.dataset.over = '';
  for (const button of all('[data-from]', form)) button.hidden = count < Number(button.dataset.from) || count > Number(button.dataset.to);
  form.classList.toggle('on', count > 0);
  tickHead(form);
  const ids = [...elsewhere, ...chosen.map((box) => box.value)];
  const carry = (address) => {
    address.searchParams.delete('all');
    address.searchParams.delete('sel');
    if (ids.length) address.searchParams.set('sel', brief(ids));
    return address;
  };
  history.replaceState(null, '', carry(new URL(location.href)));
  for (const link of all('.pager a, thead a', form.closest('.table-view'))) link.href = carry(new URL(link.href));
}
function tickHead(form) {
  const boxes = boxesOf(form);
  const head = one('[data-tick-all]', form.closest('.table-view'));
  const some = boxes.filter((box) => box.checked).length;
  if (!head) return;
  head.checked = some > 0 && some === boxes.length;
  head.indeterminate = some > 0 && some < boxes.length;
}
readiers.push((root) => { for (const form of all('form[data-bulk]', root)) tickHead(form); });
on('click', '.bulk-clear', (event, link) => {
  event.preventDefault();
  const form = link.closest('form');
  for (const input of all('input[name=id], input[name=all]', form)) input.remove();
  for (const box of boxesOf(form)) box.checked = false;
  ticked(form);
});
