// The frame: menus, dialogs, colours, the quiet line, keys.

// Menus are details. One is open at a time; a click elsewhere, Escape and leaving it close it.
document.addEventListener('click', (event) => {
  for (const menu of all('details.menu[open]')) if (!menu.contains(event.target)) menu.open = false;
});
on('focusout', 'details.menu[open]', (event, menu) => {
  if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});
on('keydown', 'details.menu', (event, menu) => {
  const items = all('a, button', menu).filter(visible);
  const at = items.indexOf(document.activeElement);
  if (event.key === 'Escape' && menu.open) {
    menu.open = false;
    one('summary', menu).focus();
    event.stopPropagation();
  } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && !(event.key === 'ArrowUp' && !menu.open)) {
    menu.open = true;
    event.preventDefault();
    const now = all('a, button', menu).filter(visible);
    const next = now[(at + (event.key === 'ArrowDown' ? 1 : -1) + now.length) % now.length];
    if (next) next.focus();
  }
});

// Dialogs: an action that asks first.
on('click', '[data-dialog]', (event, link) => {
  const dialog = document.getElementById(link.dataset.dialog);
  if (!dialog) return;
  event.preventDefault();
  dialog.showModal();
});
on('click', 'dialog', (event, dialog) => {
  if (event.target === dialog || event.target.closest('[data-close]')) dialog.close();
});

// Colours: a cookie that the server reads, so that a page arrives in them.
on('click', '[data-theme-choice] button', (event, button) => {
  event.preventDefault();
  const theme = button.value;
  document.documentElement.dataset.theme = theme;
  one('meta[name=color-scheme]').content = theme || 'light dark';
  const age = theme ? 31536000 : 0;
  document.cookie = `theme=${theme}; path=/; max-age=${age}; samesite=lax${location.protocol === 'https:' ? '; secure' : ''}`;
  for (const other of all('button', button.form)) other.setAttribute('aria-pressed', String(other === button));
});

on('click', '[data-dismiss]', (event, button) => button.closest('.notice').remove());

// Keys. Single keys can be switched off for those whom they trouble (dictation, unsteady hands).
const keysOn = () => localStorage.getItem('keys') !== 'off';
readiers.push((root) => {
  for (const box of all('[data-shortcuts-on]', root)) box.checked = keysOn();
});
on('change', '[data-shortcuts-on]', (event, box) => localStorage.setItem('keys', box.checked ? 'on' : 'off'));

const typing = (element) => element.matches('input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]');

// press clicks the element that answers to the keys: one of the quick view first, one in sight rather than one in a closed menu.
function press(keys) {
  const found = all(`[data-key="${CSS.escape(keys)}"]`);
  const target = ofCard(found) || found.find((element) => visible(element) && element.closest('#panel')) || found.find(visible) || found[0];
  if (!target) return false;
  if (target.matches('input')) { target.focus(); target.select(); } else target.click();
  return true;
}

let first = ''; // of two keys: g, then c
const forget = later(1200, () => { first = ''; });

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  const target = event.target;
  if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key === 's') {
    const form = target.closest('form') || all('form[data-guard]').find(visible);
    const save = form && one('[data-key=s]', form);
    if (save) { event.preventDefault(); save.click(); }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(target) || one('dialog[open]') || !keysOn()) return;
  if (event.key === '?') { event.preventDefault(); one('#shortcuts')?.showModal(); return; }
  const keys = first ? `${first} ${event.key}` : event.key;
  if (!first && event.key === 'g') { first = 'g'; forget(); return; }
  first = '';
  if (keys.length === 1 && (listKey(event) || cardKey(event))) { event.preventDefault(); return; }
  if (/^(\S )?[a-z/]$/.test(keys) && press(keys)) event.preventDefault();
});

// The tab one is on is in sight, where the row of tabs is wider than the page.
for (const tab of all('.tabs [aria-current]')) {
  const row = tab.closest('ul');
  row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
}

// What a field holds is copied; where the browser will not, it is marked to be copied by hand.
on('click', '[data-copy]', async (event, button) => {
  const field = document.getElementById(button.dataset.copy);
  try { await navigator.clipboard.writeText(field.value); one('span', button).textContent = button.dataset.done; } catch { field.focus(); field.select(); }
});
