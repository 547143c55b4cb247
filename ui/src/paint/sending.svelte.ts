/** Sends what was painted, from an outbox of its own that outlives the page; one for all chips and tabs. */
import { Outbox, type Verdict, type Wait, type Word } from '../label/outbox';
import { alone, channel, deliver } from '../label/send';
import { MemoryStore, openStore, type Store } from '../label/store';
import { live } from '../lib/live.svelte';
import { session } from '../lib/session.svelte';
import type { AnnotationIn, AnnotationResult } from '../lib/types';
import { workspace } from '../lib/workspace.svelte';
import { inWords, type PaintAct, PARTS, type StrokeAct } from './acts';
import { bytesOf, boxOf } from './planes';

type PaintWord = Word<PaintAct>;
type StrokeResult = AnnotationResult & { conflict?: boolean };

export interface Follower {
  /** Somebody, here or in another tab, has done something. */
  added: (act: PaintAct, elsewhere: boolean) => void;
  /** The server has it (`error` null), or refused it. */
  settled: (act: PaintAct, seq: number, error: string | null) => void;
  /** It was laid on another state of the layer than it was drawn on. */
  conflict: (act: PaintAct) => void;
}

export interface Refused {
  n: number;
  says: string;
  error: string;
}

const PACK = 'deflate'; // zlib's format, as Python's zlib reads it

class Sending {
  /** What the server does not have yet, in order. */
  waiting = $state.raw<readonly PaintAct[]>([]);
  wait = $state.raw<Wait | null>(null);
  refusals = $state.raw<readonly Refused[]>([]);
  /** False where nothing outlives the page: the browser keeps no data. */
  lasting = $state(true);
  private readonly followers = new Set<Follower>();
  private outbox: Outbox<PaintAct, PaintAct> | null = null;
  private store: Store<PaintAct> = new MemoryStore();
  private starting: Promise<void> | null = null;
  private tell: (word: PaintWord) => void = () => undefined;
  private place = '';

  follow(follower: Follower): () => void {
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }

  /** Send what waits from before; call it as often as you like. */
  start(): Promise<void> {
    return (this.starting ??= this.begin());
  }

  add(act: PaintAct): void {
    this.waiting = [...this.waiting, act];
    void this.keep(act);
  }

  /** What the server refused has been seen. */
  dismiss(): void {
    for (const { n } of this.refusals) void this.store.remove(n);
    this.refusals = [];
  }

  private async keep(act: PaintAct): Promise<void> {
    await this.start();
    await this.outbox!.add(act).catch(() => {
      // the browser keeps no more: from memory, as long as the page is open
      this.lasting = false;
      this.spare ??= this.outboxOn(new MemoryStore());
      return this.spare.add(act);
    });
  }

  private spare: Outbox<PaintAct, PaintAct> | null = null;

  private async begin(): Promise<void> {
    const info = workspace.info ?? (await workspace.refresh());
    this.place = `${new URL('.', document.baseURI).pathname} ${info.name} ${info.path ?? ''}`;
    this.store = await openStore<PaintAct>('groundset-paint');
    this.lasting = this.store.lasting;
    this.tell = channel<PaintAct>(`groundset paint ${this.place}`, (word) => this.hear(word, true));
    this.outbox = this.outboxOn(this.store);
    live.onReconnect(() => this.outbox?.stir());
    for (const { n, act, refused } of await this.outbox.start()) {
      if (refused) this.refuse(n, act, refused[0]?.error);
      else if (!this.waiting.some((one) => one.id === act.id)) this.waiting = [...this.waiting, act];
    }
    $effect.root(() => {
      $effect(() => {
        void session.actor;
        this.outbox?.stir();
      });
    });
  }

  private outboxOn(store: Store<PaintAct>): Outbox<PaintAct, PaintAct> {
    const outbox = new Outbox<PaintAct, PaintAct>({
      place: this.place,
      store,
      parts: PARTS,
      send: (acts, signal) => this.send(acts, signal),
      alone: (run, signal) => (store.lasting ? alone(`groundset paint ${this.place}`, run, signal) : run()),
      tell: (word) => this.tell(word),
      actor: () => session.actor,
      heard: (word) => this.hear(word, false),
      waits: (why) => (this.wait = why),
    });
    if (store !== this.store) void outbox.start();
    return outbox;
  }

  /** Strokes and what else is said go to different addresses; the order stays. */
  private async send(acts: PaintAct[], signal: AbortSignal): Promise<Verdict> {
    const results: AnnotationResult[] = [];
    for (let from = 0; from < acts.length;) {
      const strokes = acts[from]!.kind === 'stroke';
      let to = from;
      while (to < acts.length && (acts[to]!.kind === 'stroke') === strokes) to++;
      const some = acts.slice(from, to);
      const verdict = strokes
        ? await deliver('/strokes', await Promise.all(some.map((act) => packed(act as StrokeAct))), signal)
        : await deliver('/annotations', some.map(eventOf), signal);
      if (!('results' in verdict)) return verdict;
      verdict.results.forEach((result: StrokeResult, at) => {
        if (result.conflict) for (const one of this.followers) one.conflict(some[at]!);
      });
      results.push(...verdict.results);
      from = to;
    }
    return { results };
  }

  private hear(word: PaintWord, elsewhere: boolean): void {
    if (word.what === 'added') {
      this.waiting = [...this.waiting, word.act];
      for (const one of this.followers) one.added(word.act, elsewhere);
      this.outbox?.stir();
      return;
    }
    const act = this.waiting.find((one) => one.id === word.id);
    this.waiting = this.waiting.filter((one) => one.id !== word.id);
    if (elsewhere) this.wait = null;
    if (!act) return;
    const error = word.refused[0]?.error ?? null;
    if (error !== null && act.kind !== 'step') this.refuse(word.n, act, error);
    for (const one of this.followers) one.settled(act, word.seq, error);
  }

  private refuse(n: number, act: PaintAct, error = 'the server gave no reason'): void {
    this.refusals = [...this.refusals, { n, says: inWords(act), error }];
  }
}

function eventOf(act: PaintAct): AnnotationIn {
  const { id, task, chip } = act;
  if (act.kind === 'step') return { id, kind: 'undo', undoes: act.undoes, payload: {} };
  if (act.kind === 'bulk') return { id, kind: 'bulk', task, payload: act.payload };
  if (act.kind === 'shapes')
    return { id, kind: 'shapes', task, chip_id: chip, payload: act.payload, bulk: act.bulk ?? null };
  const payload = act.kind === 'work' ? { ...act.work, seconds: act.seconds } : {};
  return { id, kind: 'work' as AnnotationIn['kind'], task, chip_id: chip, payload };
}

/** A stroke as `POST /strokes` takes it. */
export async function packed(act: StrokeAct): Promise<Record<string, unknown>> {
  const { id, task, chip, tool, patch, base, seconds, objects } = act;
  const { x, y, width, height } = boxOf(patch);
  const body = new Blob([bytesOf(patch)]).stream().pipeThrough(new CompressionStream(PACK));
  const bytes = new Uint8Array(await new Response(body).arrayBuffer());
  return {
    id,
    task,
    chip_id: chip,
    tool,
    window: [x, y, width, height],
    patch: base64(bytes),
    ...(base === null ? {} : { base }),
    seconds,
    ...(objects ? { objects } : {}),
  };
}

const CHUNK = 0x8000;

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}

export const sending = new Sending();
