// Cards: j and k move from one to the next, and the keys of their buttons mean those of the current one. After an answer the
// card in the same place is the current one.

let cardAt = 0;
const cards = () => all('[data-card]');

function cardKey(event) {
  const found = cards();
  if (!found.length || !/^[jk]$/.test(event.key)) return false;
  const on = found.indexOf(document.activeElement.closest('[data-card]'));
  const from = on < 0 ? (one('[data-card][data-current]') ? cardAt : -1) : on;
  cardAt = Math.max(0, Math.min(found.length - 1, from + (event.key === 'j' ? 1 : -1)));
  found[cardAt].focus({ preventScroll: true });
  found[cardAt].scrollIntoView({ block: 'nearest' });
  return true;
}
// The keys mean the first card until another is chosen; whoever comes back to a card's place goes on there.
{
  const found = cards();
  const left = /^#duplicate-(\d+)$/.exec(location.hash);
  if (found.length) {
    cardAt = Math.min(left ? Number(left[1]) : 0, found.length - 1);
    found[cardAt].toggleAttribute('data-current', true);
    if (left) found[cardAt].focus();
  }
}
on('focusin', '[data-card]', (event, card) => {
  cardAt = cards().indexOf(card);
  for (const other of cards()) other.toggleAttribute('data-current', other === card);
});

// ofCard gives which of some elements is in the current card.
function ofCard(found) {
  const all = cards();
  const card = all[Math.min(cardAt, all.length - 1)];
  return card && found.find((element) => card.contains(element));
}
