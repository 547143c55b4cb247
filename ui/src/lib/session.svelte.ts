/** Who the page is talking as. The name is asked for once, when something first needs it. */
import { authHeaders, get, post, setBearer, useCsrf } from './api';
import { recall, remember } from './stored';
import type { Permission, Session } from './types';

class SessionStore {
  me = $state.raw<Session | null>(null);
  /** Whether the dialog for the name is open (shell/NameDialog). */
  asking = $state(false);
  private loading: Promise<Session> | null = null;
  private waiting: ((name: string | null) => void)[] = [];
  /** Tabs share the cookie, and so the name. */
  private readonly tabs = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('groundset session');

  constructor() {
    this.tabs?.addEventListener('message', () => void this.reload().catch(() => undefined));
  }

  get actor(): string | null {
    return this.me?.actor ?? null;
  }

  may(permission: Permission): boolean {
    return this.me?.permissions.includes(permission) ?? false;
  }

  load(): Promise<Session> {
    this.loading ??= get<Session>('/session')
      .then((me) => (this.me = me))
      .catch((error: unknown) => {
        this.loading = null;
        throw error;
      });
    return this.loading;
  }

  async reload(): Promise<Session> {
    this.loading = null;
    return this.load();
  }

  /** The actor's name; asks for it where it is not known. Null: the person did not want to say. */
  async ensureName(): Promise<string | null> {
    const me = this.me ?? (await this.load());
    if (me.actor) return me.actor;
    this.asking = true;
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  async setName(actor: string): Promise<void> {
    const csrf = (this.me ?? (await this.load())).csrf;
    this.me = await post<Session>('/session', { actor }, {}, { headers: { 'X-CSRF-Token': csrf } });
    this.tabs?.postMessage('renamed');
    this.answer(actor);
  }

  dismiss(): void {
    this.answer(null);
  }

  private answer(name: string | null): void {
    this.asking = false;
    for (const resolve of this.waiting.splice(0)) resolve(name);
  }
}

export const session = new SessionStore();

useCsrf(async () => (await session.reload()).csrf);

/** Take the token out of `#token=...` (a notebook's frame): kept for this tab, gone from the address. */
export function takeToken(): void {
  const place = `token ${location.pathname}`;
  const found = /^#token=([^&]+)(?:&(.*))?$/.exec(location.hash);
  if (found?.[1]) {
    remember(place, decodeURIComponent(found[1]), 'session');
    history.replaceState(history.state, '', `#${found[2] ?? '/'}`);
  }
  setBearer(recall(place, 'session'));
}

export { authHeaders };
