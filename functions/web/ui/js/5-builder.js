// The advanced search: what a field or a comparison takes is shown as soon as it is chosen; the focus stays there, and goes
// to what was added.
let builderAt = ''; // id of the select that was changed
on('change', 'form[data-builder] select', (event, select) => {
  if (!/^[fo]\./.test(select.name)) return;
  builderAt = select.id;
  select.form.requestSubmit(one('button[value=show]', select.form));
});
readiers.push((root) => {
  if (!root.matches?.('form[data-builder]')) return;
  const fresh = all('[data-fresh]', root).pop();
  const target = fresh ? one('select, input:not([type=hidden])', fresh) : document.getElementById(builderAt);
  builderAt = '';
  if (target) setTimeout(() => target.focus());
});
