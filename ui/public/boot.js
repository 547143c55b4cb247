// Before the first paint: the theme that was chosen, else the system's. A file of its own, since the CSP allows no inline script.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem('groundset.theme');
  } catch {
    /* a frame without storage */
  }
  const dark = chosen ? chosen === 'dark' : !matchMedia('(prefers-color-scheme: light)').matches;
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
