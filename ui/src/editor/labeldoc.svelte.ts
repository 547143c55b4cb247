/** What every record of labels is, of pixels or shapes: what waits to be sent, how far the work is, who may change it. */
import { newId } from '../label/acts';
import { connection } from '../lib/connection.svelte';
import { session } from '../lib/session.svelte';
import { recall, remember } from '../lib/stored';
import { toast } from '../lib/toast.svelte';
import type { Problem } from '../lib/types';
import type { PaintAct, Work } from '../paint/acts';
import { Active } from '../paint/active';
import type { Recorded } from '../paint/contract';
import { sending } from '../paint/sending.svelte';

export const INCOMPLETE: Work = { state: 'incomplete' };

/** What the feed tells of labels. */
export interface Heard {
  head: number;
  actor: string;
  task: string | null;
  chips: string[];
}

export abstract class LabelDoc implements Recorded {
  problem = $state.raw<Problem | null>(null);
  work = $state.raw<Work>(INCOMPLETE);
  /** Strokes or edits, and active seconds, of this person. */
  strokes = $state(0);
  seconds = $state(0);
  readonly active = new Active();
  /** What is here is to come anew from the server. */
  protected stale = $state(false);
  protected readonly flight = new AbortController();
  protected readonly ends: (() => void)[] = [];
  protected timer: ReturnType<typeof setTimeout> | undefined;
  private knowsTime = false;
  /** Highest number of the journal among own acts. */
  protected seq = 0;

  constructor(
    readonly chipId: string,
    readonly task: string,
  ) {
    if (session.me) this.recallTime();
    else
      void session.load().then(
        () => this.recallTime(),
        () => undefined,
      );
  }

  /** Time is kept by who it is: nothing is read, and nothing written over, before that is known. */
  private recallTime(): void {
    if (this.flight.signal.aborted) return;
    const left = Number(recall(this.timeName, 'session'));
    if (left > 0) this.active.add(left);
    this.knowsTime = true;
  }

  /** Where time is kept that no act has taken to the server yet. */
  private get timeName(): string {
    return `seconds ${session.actor ?? ''} ${this.task} ${this.chipId}`;
  }

  /** Nobody is there: the page is hidden, or another chip is opened. */
  rest(): void {
    this.active.rest();
    if (this.knowsTime) remember(this.timeName, String(this.active.seconds), 'session');
  }

  /** Active seconds since the act before, for this one. */
  protected spent(): number {
    const seconds = this.active.take();
    this.seconds += seconds;
    remember(this.timeName, '0', 'session');
    return seconds;
  }

  readonly pending = $derived(sending.waiting.filter((act) => this.mine(act)));

  get waits(): number {
    return sending.waiting.length + this.coming;
  }

  readonly saved: Recorded['saved'] = $derived.by(() => {
    if (sending.refusals.length > 0) return 'refused';
    if (this.pending.length + this.coming === 0) return 'saved';
    return sending.wait === 'offline' || sending.wait === 'signed-out' || !connection.online ? 'offline' : 'saving';
  });

  /** Things done that wait for something before they can be sent. */
  protected get coming(): number {
    return 0;
  }

  protected abstract mine(act: PaintAct): boolean;
  /** Asks who somebody is, and does then what was to be done; true where that is known. */
  protected abstract named(again: () => void): boolean;
  abstract refresh(others?: boolean): void;

  close(): void {
    this.flight.abort();
    clearTimeout(this.timer);
    this.rest();
    for (const end of this.ends.splice(0)) end();
  }

  /** Says how far the work is, how hard it is, what else there is to say. */
  record(change: Partial<Work>): void {
    if (!this.allowed(() => this.record(change))) return;
    const work: Work = { ...this.work, ...change };
    for (const name of ['difficulty', 'note', 'cannot_tell'] as const) if (!work[name]) delete work[name];
    this.work = work;
    this.send({ ...this.about(newId()), kind: 'work', work, seconds: this.spent() });
  }

  protected send(act: PaintAct): void {
    sending.add(act);
  }

  /** Whether this person may; a name is asked for first. */
  protected allowed(again: () => void): boolean {
    if (!session.me || session.may('annotate')) return this.named(again);
    toast('You may look at this workspace, not label in it.', { kind: 'warn' });
    return false;
  }

  protected about(id: string): { id: string; actor: string; task: string; chip: string } {
    return { id, actor: session.actor ?? '', task: this.task, chip: this.chipId };
  }

  /** The server has it, or refused it. */
  protected settled(act: PaintAct, seq: number, error: string | null): void {
    this.seq = Math.max(this.seq, seq);
    if (!this.mine(act)) return;
    if (error !== null) {
      this.stale = true;
      if (act.kind === 'step') toast(`This could not be taken back: ${error}`, { kind: 'warn' });
    }
    if (this.stale) this.refresh();
  }
}
