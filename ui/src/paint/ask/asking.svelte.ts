/** The assistant asks about the chip in hand: the next question is there already, answers are ordinary strokes. */
import { asProblem, get, isAbort } from '../../lib/api';
import type { components } from '../../lib/openapi';
import { toast } from '../../lib/toast.svelte';
import type { Problem } from '../../lib/types';
import type { Overlay, Point } from '../contract';
import type { Editor } from '../editor.svelte';
import { outlineOf } from '../regions/outline';
import type { AskBench } from '../tools';
import {
  areaOf,
  boxOf,
  brought,
  cleared,
  isOpen,
  NO_QUEUE,
  passed,
  patchOf,
  type Queue,
  synced,
  TOOL,
  unskipped,
} from './queue';

type Told = components['schemas']['AssistantQuestions'];

/** Smaller holes of a segment are not outlined: their outlines would cover it. */
const HOLE = 4;
const CALM_MS = 20;
/** After which it is asked again where there was no answer. */
const AGAIN_MS = 3000;
/** Questions that are there before they are asked. */
const AHEAD = 8;
/** Skipped ones of a chip that the server is told of. */
const MOST_SKIPS = 200;

export class Asking implements AskBench {
  queue = $state.raw<Queue>(NO_QUEUE);
  /** What there is to tell beside the questions, as of the latest ones. */
  told = $state.raw<Told | null>(null);
  problem = $state.raw<Problem | null>(null);
  /** What was told last knows of all that was answered. */
  private fresh = $state(false);
  private before = $state(0);
  /** Answered in this session, on all chips. */
  readonly answered = $derived(this.before + this.queue.past.filter((one) => one.stroke !== null).length);
  private readonly skips = new Map<string, string[]>();
  private flight: AbortController | null = null;
  private stale = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly editor: Editor) {}

  private get doc() {
    return this.editor.doc;
  }

  readonly on = $derived.by(() => this.editor.hand.kind === 'ask');
  readonly now = $derived(this.on ? this.queue.now : null);
  readonly area = $derived(this.now && areaOf(this.now));
  /** Around the segment, in every view. */
  readonly lines = $derived(
    (this.area ? outlineOf(this.area) : [])
      .filter((ring) => areaIn(ring) > 0 || areaIn(ring) <= -HOLE)
      .map((points) => ({ points, closed: true, bare: true, strong: true })),
  );
  /** Nothing is left that is worth an answer. */
  readonly done = $derived(!this.now && this.fresh && !this.problem && this.told?.left === 0);
  /** How many are left, as far as can be told. */
  readonly left = $derived((this.told?.left ?? 0) + this.queue.next.length + (this.queue.now ? 1 : 0));

  /** What the questions hang on; another one asks anew. */
  readonly matter = $derived.by(() => {
    const { chipId, task, own, saved } = this.doc;
    if (!this.on || !own || saved === 'saving' || saved === 'offline') return null;
    return JSON.stringify([chipId, task, this.editor.assistant.model]);
  });

  /** The picture of the segment is seen as it is, whatever lies over the rest. */
  over(overlays: readonly Overlay[]): readonly Overlay[] {
    const { now } = this;
    const { own } = this.doc;
    return now && own ? cleared(overlays, boxOf(now), own.rows, own.cols) : overlays;
  }

  // --- asking -------------------------------------------------------------------------------------------------------

  /** Several strokes in one moment are one request; while one is under way the next one waits. */
  soon(): void {
    this.fresh = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), CALM_MS);
  }

  /** Strokes came or went, by whatever way. */
  sync(): void {
    const { own, others, steps } = this.doc;
    if (own && others) this.queue = synced(this.queue, steps.undo, (one) => isOpen(one, own, others));
  }

  /** Another chip comes: nothing of this one may be answered there. */
  leave(): void {
    clearTimeout(this.timer);
    this.flight?.abort();
    this.flight = null;
    this.fresh = this.stale = false;
    this.before = this.answered;
    this.queue = NO_QUEUE;
    this.told = this.problem = null;
  }

  private async ask(): Promise<void> {
    if (!this.matter) return;
    if (this.flight) {
      this.stale = true;
      return;
    }
    const { chipId, task } = this.doc;
    const flight = (this.flight = new AbortController());
    const skip = this.skipsOf().slice(-MOST_SKIPS);
    try {
      const about = { task, chip_id: chipId, n: AHEAD, model: this.editor.assistant.model, skip };
      const told = await get<Told>('/assistant/questions', about, { signal: flight.signal, cache: 'no-cache' });
      const { own, others } = this.doc;
      if (flight.signal.aborted || !own || !others) return;
      this.queue = brought(this.queue, told.questions, (one) => isOpen(one, own, others));
      this.told = told;
      this.problem = null;
      this.fresh = !this.stale;
    } catch (error) {
      if (isAbort(error) || flight.signal.aborted) return;
      this.problem = asProblem(error);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => void this.ask(), AGAIN_MS);
    } finally {
      if (this.flight === flight) {
        this.flight = null;
        if (this.stale) this.soon();
        this.stale = false;
      }
    }
  }

  private skipsOf(): string[] {
    const key = `${this.doc.task} ${this.doc.chipId}`;
    const found = this.skips.get(key) ?? [];
    this.skips.set(key, found);
    return found;
  }

  // --- answering ----------------------------------------------------------------------------------------------------

  choose(n: number): boolean {
    const one = this.editor.classes[n - 1];
    if (one) this.answer(one.code);
    return true;
  }

  agree(): boolean {
    const { now } = this;
    const first = now?.shortlist[0];
    if (now && now.code === null) toast('It has no guess of this one: say what it is by the number of a class.');
    else if (first) this.answer(first.code);
    return true;
  }

  answer(code: number): void {
    const { now } = this;
    const { own, others } = this.doc;
    if (!now || !own || !others) return;
    const patch = patchOf(now, code, own, others);
    const last = this.doc.steps.undo[0]?.id;
    if (patch) this.doc.apply(patch, { tool: TOOL });
    const stroke = this.doc.steps.undo[0]?.id ?? null;
    this.editor.assistant.heard();
    if (!patch) this.sync();
    else if (stroke !== last) {
      this.fresh = false;
      this.queue = passed(this.queue, stroke);
    } // else a name is asked for first
  }

  skip(): boolean {
    const { now } = this;
    if (!now) return true;
    this.skipsOf().push([...now.at, now.pixels].join());
    this.queue = passed(this.queue, null);
    this.soon();
    return true;
  }

  unskip(): boolean {
    const before = this.queue;
    this.queue = unskipped(before);
    if (this.queue === before) return false;
    this.skipsOf().pop();
    return true;
  }

  back(): boolean {
    const last = this.queue.past.at(-1);
    if (!last) toast('This is the first question on this chip.', { stay: 2000 });
    else if (!this.unskip()) {
      if (this.doc.steps.undo[0]?.id === last.stroke) this.doc.undo();
      else toast('Something else was drawn since: undo takes that back first.', { stay: 2500 });
    }
    return true;
  }

  end(): boolean {
    this.editor.hand.putBack();
    return true;
  }
}

/** Pixels in a ring; below 0 for one around a hole. */
function areaIn(ring: readonly Point[]): number {
  let twice = 0;
  ring.forEach(({ x, y }, i) => {
    const next = ring[(i + 1) % ring.length]!;
    twice += x * next.y - next.x * y;
  });
  return twice / 2;
}
