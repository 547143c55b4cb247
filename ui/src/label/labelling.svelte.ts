/** What is being labelled, and how: the class in hand, answers that show at once, what waits, undo and redo. */
import { get } from '../lib/api';
import { live } from '../lib/live.svelte';
import { session } from '../lib/session.svelte';
import { recall, remember } from '../lib/stored';
import { toast } from '../lib/toast.svelte';
import type { ChipRow, History, SchemeClass } from '../lib/types';
import { workspace } from '../lib/workspace.svelte';
import { type Act, type AnswerValue, type AttributeValue, EVENTS, type Refusal, inWords, newId } from './acts';
import { heard, latestHead } from './asof';
import { type Delta, deltaOf } from './counting';
import { type Rules } from './effect';
import { Outbox, type Wait, type Word } from './outbox';
import { Overlay } from './overlay';
import { said } from './says';
import { alone, channel, send } from './send';
import { MemoryStore, openStore, type Store } from './store';
import { isRest } from './names';
import { type Local, NO_HISTORY, type Steps, steps } from './steps';

export interface Answer {
  value: AnswerValue;
  /** Default: the class in hand. */
  code?: number | null;
  /** Why it cannot be answered. */
  reason?: string;
  /** It speaks of its class alone, also where a chip has one class: what was said of others stands. */
  only?: boolean;
}

/** An act that the server refused, in whole or for some chips. */
export interface Refused {
  n: number;
  says: string;
  refused: Refusal[];
}

interface Mine extends Local {
  delta: Delta;
}

const CALM_MS = 150;
const HELD_MS = 3000;

class Labelling {
  private chosen = $state<Record<string, number>>({});
  /** Rises when what chips show has changed: read it where `shown` is used. */
  version = $state(0);
  /** Chips whose answers the server does not have yet. */
  waiting = $state(0);
  /** Chips whose answers wait for somebody else to sign in: their names. */
  held = $state.raw<readonly string[]>([]);
  /** Why they wait. */
  wait = $state.raw<Wait | null>(null);
  refusals = $state.raw<readonly Refused[]>([]);
  private history = $state.raw<History>(NO_HISTORY);
  private local = $state.raw<readonly Mine[]>([]);
  readonly steps: Steps = $derived(steps(this.history, this.local));
  private readonly overlay = new Overlay();
  private readonly sources = new Set<(id: string) => ChipRow | undefined>();
  private readonly watchers = new Set<(chips: readonly string[]) => void>();
  private outbox: Outbox | null = null;
  private spare: Outbox | null = null;
  private starting: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** Code of the class in hand; null where the task has none. */
  get code(): number | null {
    const task = workspace.task;
    if (task === null) return null;
    const known = workspace.classes;
    const there = (code: number): boolean => known.some((one) => one.code === code);
    const now = this.chosen[task] ?? Number(recall(`class ${workspace.info?.name ?? ''} ${task}`) ?? Number.NaN);
    if (there(now)) return now;
    const asked = known.filter((one) => !one.not_applicable);
    return (asked.find((one) => !isRest(one.name)) ?? asked[0])?.code ?? null;
  }

  set code(code: number | null) {
    const task = workspace.task;
    if (task === null || code === null) return;
    this.chosen = { ...this.chosen, [task]: code };
    remember(`class ${workspace.info?.name ?? ''} ${task}`, String(code));
  }

  get class(): SchemeClass | null {
    return this.code === null ? null : (workspace.classOf(this.code) ?? null);
  }

  /** Classes that can be answered, in the order of their keys 1-9. */
  get classes(): SchemeClass[] {
    return workspace.classes.filter((one) => !one.not_applicable);
  }

  private get rules(): Rules {
    return { multi: workspace.taskInfo?.multi ?? false, classes: workspace.classes };
  }

  // --- what is shown --------------------------------------------------------------------------------------------

  /** A row with what was answered since it came. Stamp rows with `asOf` (label/asof), so that this knows when. */
  shown<T extends ChipRow | undefined | null>(row: T, task: string | null = workspace.task): T {
    return row ? (this.overlay.shown(row, task) as T) : row;
  }

  /** Who knows rows by their ids: what was before an answer is brought back from there. Returns what ends it. */
  know(source: (id: string) => ChipRow | undefined): () => void {
    this.sources.add(source);
    return () => this.sources.delete(source);
  }

  /** Told which chips show something else. Returns what ends it. */
  watch(changed: (chips: readonly string[]) => void): () => void {
    this.watchers.add(changed);
    return () => this.watchers.delete(changed);
  }

  private find = (id: string): ChipRow | undefined => {
    for (const source of this.sources) {
      const row = source(id);
      if (row) return this.shown(row);
    }
    return undefined;
  };

  private changed(chips: readonly string[]): void {
    this.version++;
    if (chips.length > 0) for (const tell of this.watchers) tell(chips);
  }

  /** Counts that are ahead of what the server told at `head`. */
  ahead(head: number): Delta[] {
    return this.local.filter(({ seq }) => seq === null || seq > head).map(({ delta }) => delta);
  }

  // --- what a person does ---------------------------------------------------------------------------------------

  /** Answer for these chips, as one act. */
  answer(ids: readonly string[], { value, code = this.code, reason, only = false }: Answer): void {
    if (code === null || ids.length === 0) return;
    const { multi } = this.rules;
    const one = reason === undefined ? { class: code, value } : { class: code, value, reason };
    const payloads = multi || only ? [one] : [...this.cleared(ids, code, value), one];
    this.act('answer', ids, payloads, said(workspace.classOf(code)?.title, value, reason, multi));
  }

  /**
   * What has to go with an answer where a chip has one class. To unlabel is to take all classes' answers away; a
   * negative one is not to stand beside `unsure`, which spoke of the whole chip.
   */
  private cleared(ids: readonly string[], code: number, value: AnswerValue): Record<string, unknown>[] {
    const unsaid = (one: number): Record<string, unknown> => ({ class: one, value: 'unlabelled' });
    const labels = ids.map((id) => this.find(id)).map((row) => (row ? row.label : undefined));
    const others = this.classes.map((one) => one.code).filter((one) => one !== code);
    if (value === 'unlabelled') {
      if (labels.includes(undefined)) return others.map(unsaid);
      const denied = new Set(labels.flatMap((label) => label?.negative ?? []));
      return others.filter((one) => denied.has(one)).map(unsaid);
    }
    // of two classes not to be the one is to be the other: it cannot stand beside its contrary
    if (value === 'negative' && others.length === 1 && labels.some((label) => label?.negative?.includes(others[0]!)))
      return others.map(unsaid);
    const open = labels.every((label) => label?.value === 'unsure' || label?.value === 'not-applicable');
    return value === 'negative' && open ? others.slice(0, 1).map(unsaid) : [];
  }

  /** Leave chips out of the task's model, or take them back in; their labels stay. */
  training(ids: readonly string[], use: boolean): void {
    this.act('training', ids, [{ use }], use ? 'Back in training' : 'Removed from training');
  }

  /** Say something of the chips' situation; null says nothing any more. */
  attribute(ids: readonly string[], name: string, value: AttributeValue): void {
    const title = workspace.info?.attributes?.find((one) => one.name === name)?.title ?? name;
    const words = value === null ? 'cleared' : typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
    this.act('attribute', ids, [{ name, value }], `${title}: ${words}`);
  }

  /** The last step, or this one of `steps.undo`. */
  undo(step = this.steps.undo[0]): void {
    this.step(step);
  }

  redo(step = this.steps.redo[0]): void {
    this.step(step);
  }

  private step(step: Steps['undo'][number] | undefined): void {
    if (!step) return;
    this.go(() => {
      const chips = this.overlay.actOf(step.id)?.chips ?? (step.chip_id ? [step.chip_id] : []);
      return this.made('undo', step.task, chips, [], step.says, step.id);
    });
  }

  private act(kind: Act['kind'], ids: readonly string[], payloads: Record<string, unknown>[], what: string): void {
    if (ids.length === 0) return;
    const task = kind === 'attribute' ? null : workspace.task;
    this.go(() => this.made(kind, task, [...ids], payloads, inWords(what, ids), null));
  }

  private made(
    kind: Act['kind'],
    task: string | null,
    chips: readonly string[],
    payloads: Record<string, unknown>[],
    says: string,
    undoes: string | null,
  ): Act {
    return { id: newId(), kind, task, chips: [...chips], payloads, undoes, actor: session.actor ?? '', says };
  }

  /** At once where it is known who speaks; else once they have said so. */
  private go(make: () => Act): void {
    if (session.me && !session.may('annotate')) {
      toast('You may look at this workspace, not label in it.', { kind: 'warn' });
    } else if (session.actor) {
      this.lay(make(), null);
    } else {
      void session.ensureName().then((name) => {
        if (name) this.go(make);
      });
    }
  }

  private lay(act: Act, n: number | null): void {
    const chips = this.overlay.add(act, this.rules, this.find);
    if (this.local.some((one) => one.act.id === act.id)) return;
    this.local = [...this.local, { act, seq: null, delta: deltaOf(act, this.overlay.changes(act.id), this.rules) }];
    this.count();
    this.changed(chips);
    if (n === null) void this.keep(act);
  }

  private async keep(act: Act): Promise<void> {
    await this.start();
    await this.outbox!.add(act).catch(() => {
      // the browser keeps no more: from memory, as long as the page is open
      this.spare ??= this.outboxOn(new MemoryStore(), (run) => run());
      return this.spare.add(act);
    });
  }

  // --- what the server has --------------------------------------------------------------------------------------

  /** Send what waits from before, and follow what others do; call it as often as you like. */
  start(): Promise<void> {
    return (this.starting ??= this.begin());
  }

  private place = '';

  private async begin(): Promise<void> {
    const info = workspace.info ?? (await workspace.refresh());
    this.place = `${new URL('.', document.baseURI).pathname} ${info.name} ${info.path ?? ''}`;
    const store = await openStore();
    const locked = (run: () => Promise<void>, signal: AbortSignal): Promise<void> =>
      store.lasting ? alone(`groundset outbox ${this.place}`, run, signal) : run();
    this.tell = channel(`groundset outbox ${this.place}`, (word) => this.hear(word, true));
    this.outbox = this.outboxOn(store, locked);
    this.discard = (n) => void store.remove(n);
    live.on<{ head: number }>('annotations', ({ head }) => {
      heard(head);
      this.historySoon();
    });
    live.onReconnect(() => {
      this.outbox?.stir();
      this.historySoon();
    });
    for (const { n, act, refused } of await this.outbox.start()) {
      if (refused) this.refusals = [...this.refusals, { n, says: act.says, refused }];
      else this.lay(act, n);
    }
    this.historySoon();
    $effect.root(() => {
      $effect(() => {
        void session.actor;
        this.outbox?.stir();
        this.count();
      });
      $effect(() => {
        void workspace.task;
        this.historySoon();
      });
      // somebody may sign in, or give a name, in another tab
      $effect(() => {
        if (this.held.length === 0) return;
        const timer = setInterval(() => void session.reload().catch(() => undefined), HELD_MS);
        return () => clearInterval(timer);
      });
    });
  }

  private tell: (word: Word) => void = () => undefined;
  private discard: (n: number) => void = () => undefined;

  private outboxOn(store: Store, locked: typeof this.direct): Outbox {
    const outbox = new Outbox({
      place: this.place,
      store,
      parts: EVENTS,
      send,
      alone: locked,
      tell: (word) => this.tell(word),
      actor: () => session.actor,
      heard: (word) => this.hear(word, false),
      waits: (why) => (this.wait = why),
    });
    return outbox;
  }

  private readonly direct = (run: () => Promise<void>, _signal: AbortSignal): Promise<void> => run();

  private hear(word: Word, elsewhere: boolean): void {
    if (word.what === 'added') {
      this.lay(word.act, word.n);
      this.outbox?.stir();
      return;
    }
    const mine = this.local.find((one) => one.act.id === word.id);
    heard(word.seq);
    this.overlay.settle(word.id, word.seq);
    this.local = this.local.map((one) => (one === mine ? { ...one, seq: word.seq } : one));
    if (word.refused.length > 0) this.refuse(word, mine?.act ?? null, elsewhere);
    if (elsewhere) this.wait = null;
    this.count();
    this.historySoon();
  }

  private refuse({ id, n, refused }: Word & { what: 'settled' }, act: Act | null, elsewhere: boolean): void {
    const all = refused.some((one) => one.chip === null);
    const gone = this.overlay.drop(id, all ? undefined : refused.map((one) => one.chip!));
    this.local = this.local.filter((one) => one.act.id !== id || !all);
    this.changed(gone);
    if (act?.kind === 'undo') {
      if (!elsewhere) toast(`This could not be taken back: ${refused[0]!.error}`, { kind: 'warn' });
    } else this.refusals = [...this.refusals, { n, says: act?.says ?? 'An answer', refused }];
  }

  /** A person has seen what was refused. */
  dismiss(): void {
    for (const { n } of this.refusals) this.discard(n);
    this.refusals = [];
  }

  private count(): void {
    const open = this.local.filter(({ seq }) => seq === null).map(({ act }) => act);
    this.waiting = open.reduce((sum, act) => sum + Math.max(1, act.chips.length), 0);
    this.held = [...new Set(open.map((act) => act.actor))].filter((name) => name !== session.actor);
  }

  private historySoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.loadHistory(), CALM_MS);
  }

  private async loadHistory(): Promise<void> {
    if (!session.actor || !session.may('annotate')) return;
    try {
      const told = await get<History>('/history', { task: workspace.task });
      heard(told.head);
      this.history = told;
      this.local = this.local.filter(({ seq }) => seq === null || seq > told.head);
    } catch {
      /* the next answer, or coming back, asks again */
    }
  }

  /** Highest number of the journal heard of: give it to `asOf` with what is asked for from now on. */
  get head(): number {
    return latestHead();
  }
}

export const labelling = new Labelling();
