/**
 * The outbox: acts go to the server in order, one tab at a time, and leave it only when the server has them.
 *
 * Whatever goes wrong in between (no connection, a killed server, an ended session, a closed tab) they wait and are sent
 * again; their ids make sending twice harmless.
 */
import type { AnnotationIn, AnnotationResult } from '../lib/types';
import type { Act, Refusal } from './acts';
import type { Kept, Store } from './store';

/** What became of a batch: an answer for each event, or why there is none yet. */
export type Verdict = { results: AnnotationResult[] } | { wait: Wait } | { refused: string };

/** Why acts wait: shown to people. */
export type Wait = 'offline' | 'signed-out' | 'busy' | 'full';

/** What tabs tell one another. */
export type Word<A = Act> =
  { what: 'added'; act: A; n: number } | { what: 'settled'; id: string; n: number; seq: number; refused: Refusal[] };

/** How an act becomes events. */
export interface Parts<A, E> {
  sizeOf: (act: A) => number;
  eventOf: (act: A, number: number) => E;
  chipOf: (act: A, number: number) => string | null;
  /** Whether what was refused of it is kept until somebody has seen it. */
  tells: (act: A) => boolean;
  /** Events of one request. */
  most: number;
}

export interface Doors<A = Act, E = AnnotationIn> {
  place: string;
  store: Store<A>;
  parts: Parts<A, E>;
  send: (events: E[], signal: AbortSignal) => Promise<Verdict>;
  /** Runs while no other tab does. */
  alone: (run: () => Promise<void>, signal: AbortSignal) => Promise<void>;
  /** To the other tabs. */
  tell: (word: Word<A>) => void;
  /** Who the page talks as; acts of others wait for them. */
  actor: () => string | null;
  heard: (word: Word<A>) => void;
  waits: (why: Wait | null) => void;
}

const FIRST_WAIT = 400;
const LONGEST_WAIT = 8_000;

interface Progress<A> {
  kept: Kept<A>;
  sent: number;
  seq: number;
  refused: Refusal[];
}

interface Batch<A, E> {
  events: E[];
  parts: { of: Progress<A>; first: number; count: number }[];
}

export class Outbox<A extends { id: string; actor: string } = Act, E = AnnotationIn> {
  private readonly stopper = new AbortController();
  private queue: Progress<A>[] = [];
  private read = 0;
  private wait = 0;
  private most: number;
  private wake: () => void = () => undefined;
  private stirred = false;
  /** Writing to the store goes in the order of acts. */
  private writing: Promise<unknown> = Promise.resolve();

  constructor(private readonly doors: Doors<A, E>) {
    this.most = doors.parts.most;
  }

  /** What waits from before; sending begins. */
  async start(): Promise<Kept<A>[]> {
    const there = await this.doors.store.after(this.doors.place, 0);
    void this.keep();
    return there;
  }

  stop(): void {
    this.stopper.abort();
    this.stir();
  }

  /** Keep an act; it is sent soon. Resolves when it would outlive the page. */
  add(act: A): Promise<void> {
    const { store, place, tell, waits } = this.doors;
    const kept = this.writing
      .then(() => store.add(place, act))
      .then((n) => {
        tell({ what: 'added', act, n });
        this.stir();
      });
    this.writing = kept.catch(() => waits('full'));
    return kept;
  }

  /** Another tab has put something in, or the connection is back: look now. */
  stir(): void {
    this.stirred = true;
    this.wait = 0;
    this.wake();
  }

  private async keep(): Promise<void> {
    const { signal } = this.stopper;
    while (!signal.aborted) {
      try {
        await this.doors.alone(() => this.run(), signal);
      } catch {
        if (signal.aborted) return;
        this.later();
      }
      await this.rest(this.wait);
    }
  }

  /** Send until something stands in the way. Whoever comes next reads the store afresh. */
  private async run(): Promise<void> {
    this.read = 0;
    this.queue = [];
    while (!this.stopper.signal.aborted) {
      this.stirred = false;
      await this.look();
      const batch = this.batch();
      if (!batch) await this.rest(Infinity);
      else if (!(await this.post(batch))) return;
    }
  }

  private async look(): Promise<void> {
    const { store, place } = this.doors;
    for (const kept of await store.after(place, this.read)) {
      this.read = Math.max(this.read, kept.n);
      if (!kept.refused) this.queue.push({ kept, sent: 0, seq: 0, refused: [] });
    }
  }

  private batch(): Batch<A, E> | null {
    const actor = this.doors.actor();
    const { sizeOf, eventOf } = this.doors.parts;
    const batch: Batch<A, E> = { events: [], parts: [] };
    for (const of of this.queue) {
      const { act } = of.kept;
      if (act.actor !== actor) continue;
      const count = Math.min(this.most - batch.events.length, sizeOf(act) - of.sent);
      for (let i = of.sent; i < of.sent + count; i++) batch.events.push(eventOf(act, i));
      batch.parts.push({ of, first: of.sent, count });
      if (batch.events.length >= this.most) break;
    }
    return batch.events.length > 0 ? batch : null;
  }

  private async post(batch: Batch<A, E>): Promise<boolean> {
    const verdict = await this.doors.send(batch.events, this.stopper.signal);
    if ('wait' in verdict) {
      this.doors.waits(verdict.wait);
      this.later();
      return false;
    }
    this.wait = 0;
    this.doors.waits(null);
    if ('refused' in verdict && batch.events.length > 1) {
      // one of them spoils the whole: find out which
      this.most = Math.max(1, Math.floor(batch.events.length / 2));
      return true;
    }
    await this.take(batch, 'refused' in verdict ? verdict.refused : verdict.results);
    this.most = Math.min(this.doors.parts.most, this.most * 2);
    return true;
  }

  private async take(batch: Batch<A, E>, told: string | AnnotationResult[]): Promise<void> {
    const { sizeOf, chipOf } = this.doors.parts;
    let at = 0;
    for (const { of, first, count } of batch.parts) {
      for (let i = first; i < first + count; i++, at++) {
        const result = typeof told === 'string' ? null : told[at];
        of.seq = Math.max(of.seq, result?.seq ?? 0);
        if (!result || result.status === 'refused') {
          const error = (typeof told === 'string' ? told : result?.error) ?? 'the server gave no reason';
          of.refused.push({ chip: chipOf(of.kept.act, i), error });
        }
      }
      of.sent += count;
      if (of.sent >= sizeOf(of.kept.act)) await this.settle(of);
    }
  }

  private async settle({ kept, seq, refused }: Progress<A>): Promise<void> {
    const { store, parts, tell, heard } = this.doors;
    this.queue = this.queue.filter((one) => one.kept.n !== kept.n);
    if (refused.length > 0 && parts.tells(kept.act)) await store.put({ ...kept, refused });
    else await store.remove(kept.n);
    const word: Word<A> = { what: 'settled', id: kept.act.id, n: kept.n, seq, refused };
    tell(word);
    heard(word);
  }

  private later(): void {
    this.wait = Math.min(LONGEST_WAIT, this.wait === 0 ? FIRST_WAIT : 2 * this.wait);
  }

  private rest(wait: number): Promise<void> {
    if (this.stirred || wait === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = wait === Infinity ? undefined : setTimeout(resolve, wait);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
