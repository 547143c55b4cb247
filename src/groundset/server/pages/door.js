// An address with #token= (which a server never sees) signs in too; a pasted address is cut down to its token.
const token = new URLSearchParams(location.hash.slice(1)).get('token');
if (token) location.replace('./?token=' + encodeURIComponent(token));
document.querySelector('form').addEventListener('submit', () => {
  const field = document.getElementById('token');
  const found = /[?&#]token=([^&#\s]+)/.exec(field.value);
  field.value = (found ? decodeURIComponent(found[1]) : field.value).trim();
});
