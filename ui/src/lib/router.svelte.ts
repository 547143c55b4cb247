/** Where the page is: `#/chips?filter=...`. In the hash, so that the server and every proxy see one address only. */

export type QueryChange = Record<string, string | number | boolean | null | undefined>;

/** A hash as its parts: `#/chip/a%2Fb?task=x` -> path ['chip', 'a/b'], query task=x. */
export function parseHash(hash: string): { path: string[]; query: URLSearchParams } {
  const text = hash.replace(/^#\/?/, '');
  const mark = text.indexOf('?');
  const way = mark < 0 ? text : text.slice(0, mark);
  return {
    path: way.split('/').filter(Boolean).map(decode),
    query: new URLSearchParams(mark < 0 ? '' : text.slice(mark + 1)),
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The hash of a page: `hrefOf(['chip', id], {task: 'pixels'})`; '' and null are left out. */
export function hrefOf(path: readonly string[], query: QueryChange = {}): string {
  const parameters = changed(new URLSearchParams(), query).toString();
  return `#/${path.map(encodeURIComponent).join('/')}${parameters ? `?${parameters}` : ''}`;
}

function changed(query: URLSearchParams, change: QueryChange): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(change)) {
    if (value === null || value === undefined || value === '') next.delete(name);
    else next.set(name, String(value));
  }
  return next;
}

class Route {
  path = $state.raw<string[]>([]);
  query = $state.raw(new URLSearchParams());

  constructor() {
    this.read();
    window.addEventListener('hashchange', () => this.read());
  }

  /** First part of the path; '' is home. */
  get page(): string {
    return this.path[0] ?? '';
  }

  read(): void {
    const { path, query } = parseHash(location.hash);
    if (path.join('/') !== this.path.join('/')) this.path = path;
    if (query.toString() !== this.query.toString()) this.query = query;
  }
}

export const route = new Route();

/**
 * What a page of `section` shows: `named('scenes').value` is `ID` at `#/scenes/ID`. It stays as it was when the address
 * is already another page's, while this one is still there.
 */
export function named(section: string): { readonly value: string } {
  let last = '';
  return {
    get value() {
      if (route.page === section) last = route.path[1] ?? '';
      return last;
    },
  };
}

/** Go to a page: `go('#/chips')`; adds to the history. */
export function go(hash: string): void {
  location.hash = hash;
  route.read();
}

/**
 * Change the query of this page; replaces the history's entry. Null removes a name. A page that is already being left
 * (the browser tells of a new address a moment after it holds) has no say any more.
 */
export function setQuery(change: QueryChange): void {
  const left = route.path.join('/') !== parseHash(location.hash).path.join('/');
  route.read();
  if (left) return;
  history.replaceState(history.state, '', hrefOf(route.path, Object.fromEntries(changed(route.query, change))));
  route.read();
}
