// A file goes straight to the bucket, which does not tell its name to the page that follows: a cookie does.
document.addEventListener('submit', (event) => {
  const input = one('input[type=file]', event.target);
  if (!input || !input.files.length || new URL(event.target.action).pathname === location.pathname) return;
  const name = encodeURIComponent(input.files[0].name.slice(0, 255));
  document.cookie = `upload=${name}; path=/; max-age=3600; samesite=lax${location.protocol === 'https:' ? '; secure' : ''}`;
});
