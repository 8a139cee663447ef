// Muster's one script. Pages are complete without it; it makes them quicker. Components say what they want by data-
// attributes, and everything listens at the document, so parts that are swapped in need no setting up.
//
//   data-region            a part (by id) that a live search replaces
//   data-into="id"         a link or form whose answer replaces the element with that id
//   data-poll="address"    asked again every second until the answer comes without it; then data-then is opened
//   data-ref="address"     a field that names another record, completed from there
//   data-preview="address" what the quick view shows
//   data-key="g c"         the keys that click this

const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const visible = (element) => element.getClientRects().length > 0;

// on calls handle(event, element) for events on elements that match the selector, now or later in the page.
const on = (type, selector, handle, options) => document.addEventListener(type, (event) => {
  const element = event.target instanceof Element ? event.target.closest(selector) : null;
  if (element) handle(event, element);
}, options);

// later gives a function that runs once the calls to it have paused.
const later = (wait, run) => {
  let timer;
  return (...args) => { clearTimeout(timer); timer = setTimeout(run, wait, ...args); };
};

// ask fetches a page or a part of one. An answer from another page than asked for (the sign-in, once a session has
// ended) is opened as a page; then the result is null.
async function ask(address, options = {}) {
  const answer = await fetch(address, { ...options, headers: { Accept: 'text/html', 'Muster-Partial': '1', ...options.headers } });
  const text = await answer.text();
  if (answer.redirected && /\/sign-in\b/.test(new URL(answer.url).pathname)) {
    location.assign(answer.url);
    return null;
  }
  if (answer.status >= 500) throw new Error(`answer ${answer.status}`);
  return { page: new DOMParser().parseFromString(text, 'text/html'), address: answer.url, status: answer.status };
}

// swap puts the element with this id of another page in the place of this page's.
function swap(page, id) {
  const now = document.getElementById(id);
  const next = page.getElementById(id);
  if (!now) return null;
  if (!next) { now.replaceChildren(); return null; }
  const fresh = document.adoptNode(next);
  now.replaceWith(fresh);
  ready(fresh);
  return fresh;
}

// ready is told of every new part of the page; features add what they have to do with it.
const readiers = [];
function ready(root) { for (const run of readiers) run(root); }

// body makes the body of a form's POST as the browser would, with the button that was pressed.
const body = (form, button) => {
  const data = new FormData(form, button && button.form === form ? button : undefined);
  return form.enctype === 'multipart/form-data' ? data : new URLSearchParams([...data].filter(([, v]) => typeof v === 'string'));
};

// A link or a form that replaces a part of the page. What cannot be placed is opened as a page.
on('click', 'a[data-into]', async (event, link) => {
  if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  try {
    const answer = await ask(link.href);
    const part = answer && answer.page.getElementById(link.dataset.into) ? swap(answer.page, link.dataset.into) : null;
    if (!part) { if (answer) location.assign(link.href); return; }
    const field = one('input:not([type=hidden]), select, textarea', part) || one('a, button', part);
    if (field) field.focus();
  } catch { location.assign(link.href); }
});

on('submit', 'form[data-into]', async (event, form) => {
  if (event.defaultPrevented) return;
  event.preventDefault();
  const button = event.submitter;
  try {
    const answer = await ask(form.getAttribute('action'), { method: 'POST', body: body(form, button) });
    if (!answer) return;
    const said = answer.page.getElementById('notice');
    if (said) swap(answer.page, 'notice');
    if (!answer.page.getElementById(form.dataset.into)) {
      if (answer.status >= 400) throw new Error(`answer ${answer.status}`); // a page of its own: what was typed goes there
      leave(form);
      location.assign(answer.address);
      return;
    }
    const part = swap(answer.page, form.dataset.into);
    const target = one('[data-focus]', part) || one('a, button, input:not([type=hidden])', part);
    if (target) target.focus();
    if (said && part.closest('#panel')) renew();
  } catch {
    leave(form);
    form.removeAttribute('data-into');
    form.requestSubmit(button);
  }
});

// Long work: ask again until it is done.
readiers.push((root) => {
  for (const part of [root, ...all('[data-poll]', root)]) {
    if (part.dataset && part.dataset.poll && part.id) setTimeout(poll, 1000, part.id, 1000);
  }
});
async function poll(id, wait) {
  const part = document.getElementById(id);
  if (!part || !part.dataset.poll) return;
  if (document.hidden) { setTimeout(poll, 1000, id, wait); return; }
  try {
    const answer = await ask(part.dataset.poll);
    if (!answer || !answer.page.getElementById(id)) return;
    const fresh = swap(answer.page, id); // asks again by itself while it says so
    if (fresh && !fresh.dataset.poll && fresh.dataset.then) location.assign(fresh.dataset.then);
  } catch {
    const longer = Math.min(wait * 2, 15000);
    setTimeout(poll, longer, id, longer);
  }
}
