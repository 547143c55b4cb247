/** What happens on the server, as it happens: server-sent events, read with fetch since EventSource takes no headers. */
import { authHeaders, url } from './api';
import { connection } from './connection.svelte';
import { SseParser, type SseMessage } from './sse';

type Listener = (data: never) => void;

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;
const REFUSED_WAIT = 1000;
/** The server sends something at least every 15 s; silence for longer is a lost connection. */
const SILENCE = 40_000;

class Live {
  /** Actors with an open page. */
  actors = $state.raw<string[]>([]);
  private listeners = new Map<string, Set<Listener>>();
  private reconnected = new Set<() => void>();
  private stopper: AbortController | null = null;
  private wake: (() => void) | null = null;
  /** Number of the last event of the journal that was heard of: a lost line goes on there. */
  private last = '';

  get online(): boolean {
    return connection.online;
  }

  /** `live.on('job', (job: Job) => ...)`; returns what ends it. */
  on<T>(name: string, run: (data: T) => void): () => void {
    const all = this.listeners.get(name) ?? new Set();
    this.listeners.set(name, all);
    all.add(run as Listener);
    return () => all.delete(run as Listener);
  }

  /** Called whenever the connection is back after a loss: what was shown may be old. */
  onReconnect(run: () => void): () => void {
    this.reconnected.add(run);
    return () => this.reconnected.delete(run);
  }

  start(): void {
    if (this.stopper) return;
    this.stopper = new AbortController();
    void this.keep(this.stopper.signal);
  }

  stop(): void {
    this.stopper?.abort();
    this.stopper = null;
  }

  /** Try now instead of after the wait. */
  retry(): void {
    this.wake?.();
  }

  private async keep(signal: AbortSignal): Promise<void> {
    let wait = FIRST_WAIT;
    let lost = false;
    while (!signal.aborted) {
      if (connection.unauthorized) {
        lost = true;
        await this.sleep(REFUSED_WAIT); // until somebody signs in, maybe in another tab
        continue;
      }
      const opened = await this.once(signal, () => {
        wait = FIRST_WAIT;
        if (lost) for (const run of this.reconnected) run();
        lost = false;
      });
      if (signal.aborted) return;
      lost = true;
      if (connection.unauthorized) continue;
      if (!opened) connection.lost();
      await this.sleep(wait);
      wait = Math.min(LONGEST_WAIT, wait * 2);
    }
  }

  private sleep(wait: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, wait);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** One connection, until it ends. Returns whether it was open at all. */
  private async once(signal: AbortSignal, opened: () => void): Promise<boolean> {
    const quiet = new AbortController();
    const stop = (): void => quiet.abort();
    signal.addEventListener('abort', stop);
    let timer = setTimeout(stop, SILENCE);
    let open = false;
    const asked = connection.admissions;
    try {
      const response = await fetch(url('/events'), {
        credentials: 'same-origin',
        headers: {
          ...authHeaders(),
          Accept: 'text/event-stream',
          ...(this.last && { 'Last-Event-ID': this.last }),
        },
        cache: 'no-store',
        signal: quiet.signal,
      });
      if (response.status === 401) connection.refused(asked);
      if (!response.ok || !response.body) return false;
      open = true;
      connection.found();
      opened();
      const parser = new SseParser((message) => this.deliver(message));
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        clearTimeout(timer);
        timer = setTimeout(stop, SILENCE);
        parser.feed(value);
      }
    } catch {
      if (!signal.aborted) connection.lost();
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
    return open;
  }

  private deliver({ event, data, id }: SseMessage): void {
    this.last = id;
    let told: unknown;
    try {
      told = JSON.parse(data);
    } catch {
      return;
    }
    // Too much was missed to be told: load afresh.
    if (event === 'hello' && (told as { reload?: boolean }).reload) for (const run of this.reconnected) run();
    if (event === 'presence') this.actors = (told as { actors: string[] }).actors;
    for (const run of this.listeners.get(event) ?? []) run(told as never);
  }
}

export const live = new Live();
