// Merging: what would come of the choices is shown as they are made; the choices themselves stay as they are.
const mergeChoices = (form) => new URLSearchParams([...new FormData(form)].filter(([name]) => !name.startsWith('v.')));
const mergeAgain = later(120, async (form) => {
  const wanted = mergeChoices(form);
  const answer = await ask(`${form.getAttribute('action')}?${wanted}`);
  if (!answer || answer.status >= 400) return;
  if (wanted.get('main') !== wanted.get('shown')) {
    swap(answer.page, 'merge-form');
    one('[data-merge] input[name=main]:checked')?.focus();
  } else for (const now of all('[id^=result-], [id^=alarm-]', form)) {
    const next = answer.page.getElementById(now.id);
    if (next && next.innerHTML !== now.innerHTML) now.replaceChildren(...next.childNodes);
  }
  if (document.getElementById('merge-form') === form) swap(answer.page, 'merge-below');
  const chosen = mergeChoices(document.getElementById('merge-form'));
  for (const name of ['_key', 'shown']) chosen.delete(name);
  history.replaceState(history.state, '', `${form.getAttribute('action')}?${chosen}`);
});
on('change', 'form[data-merge] input', (event, input) => { if (input.name !== 'reason') mergeAgain(input.form); });
readiers.push((root) => { for (const button of all('[data-merge-show]', root)) button.hidden = true; });
