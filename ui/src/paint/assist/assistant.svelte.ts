/** The assistant at work on the chip in hand: it asks after each saved stroke, and the newest question wins. */
import { parseNpy } from '../../canvas';
import { asProblem, bytes, get, isAbort } from '../../lib/api';
import { plural } from '../../lib/format';
import type { components } from '../../lib/openapi';
import { recall, remember } from '../../lib/stored';
import { toast } from '../../lib/toast.svelte';
import type { Problem } from '../../lib/types';
import { workspace } from '../../lib/workspace.svelte';
import type { Command } from '../commands';
import type { Box, Overlay, Patch } from '../contract';
import type { Editor } from '../editor.svelte';
import { accepted, figuresOf, pending, plane, type Proposal, received, SHOWN, type Showing, visible } from './proposal';

export type Info = components['schemas']['AssistantInfo'];
export type Smoothing = 'none' | 'regions' | 'majority';
const CALM_MS = 20;
const STATE_MS = 600;

export class Assistant {
  on = $state(recall('paint assistant') === 'on');
  /** The model that was chosen; null: whichever suits. */
  chosen = $state(recall('paint assistant model') || null);
  private askedIn = $state(recall('paint asked in'));
  /** Strokes are followed by the quickest one; from many small answers (questions) two together learn more. */
  readonly suits: string = $derived.by(() =>
    this.editor.hand.kind === 'ask' || this.askedIn === this.here ? 'committee' : 'linear',
  );
  readonly model = $derived(this.chosen ?? this.suits);
  smoothing = $state<Smoothing>((recall('paint assistant smoothing') as Smoothing | null) ?? 'none');
  showing = $state<Showing>('proposal');
  opacity = $state(0.45);
  /** Percent from which on a proposal is accepted. */
  least = $state(50);
  /** The tools paint what is proposed in place of the class in hand. */
  asProposed = $state(false);
  proposal = $state.raw<Proposal | null>(null);
  info = $state.raw<Info | null>(null);
  problem = $state.raw<Problem | null>(null);
  busy = $state(false);
  /** From the question to the whole mask. */
  took = $state<number | null>(null);
  /** All models that can be named, on or off. */
  models = $state.raw<Info['models']>([]);
  private readonly warmed = new Set<string>();
  private flight: AbortController | null = null;
  /** Strokes on this chip when it was last asked: fewer by now, and it may have too little to learn from. */
  private strokes = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private later: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly editor: Editor) {}

  private get here(): string {
    return `${workspace.info?.name ?? ''} ${this.doc.task}`;
  }

  private get doc() {
    return this.editor.doc;
  }

  readonly figures = $derived.by(() => {
    const { own, others, version } = this.doc;
    void version;
    return this.proposal && own && others ? figuresOf(this.proposal, own, others) : null;
  });

  readonly overlays: readonly Overlay[] = $derived.by(() => {
    const { proposal, showing, opacity, least } = this;
    const { own, others, version } = this.doc;
    void version;
    if (!this.on || !proposal || !own || !others || showing === 'none') return [];
    const { rows, cols } = proposal;
    const classes = showing === 'proposal' ? proposal.classes : null;
    const confidence = plane(showing, proposal, own, others);
    const strength = showing === 'disagreement' ? 0.9 : opacity;
    const instead = classes ? pending(proposal, own, others, least) : undefined;
    return [{ name: showing, classes, confidence, instead, rows, cols, opacity: strength }];
  });

  /** Nothing to propose: no pixel of the chip has data. */
  readonly empty = $derived(this.doc.detail?.chip.valid_fraction === 0);

  /** What it still needs before it can propose; null where it can, or nothing is known. */
  readonly needs = $derived.by(() => {
    if (this.empty) return 'This chip has no data: there is nothing to propose.';
    if (!this.info || this.info.ready) return null;
    const [only, ...more] = this.info.classes.filter((one) => one.pixels > 0);
    if (!only) return 'Paint a little of two classes, on this chip or on others.';
    if (more.length > 0) return this.info.says;
    const title = this.editor.classes.find((one) => one.code === only.code)?.title ?? 'one class';
    return `So far only ${title} is painted (${plural(only.pixels, 'pixel')}): paint a little of another class too.`;
  });

  /** What the proposal hangs on; another one asks anew. */
  readonly question = $derived.by(() => {
    const { chipId, task, saved, own } = this.doc;
    if (!this.on || !own || saved === 'saving' || saved === 'offline') return null;
    return JSON.stringify([chipId, task, this.model, this.smoothing]);
  });

  turn(on = !this.on): void {
    this.on = on;
    remember('paint assistant', on ? 'on' : 'off');
    if (!on) this.stop();
  }

  setModel(name: string | null): void {
    this.chosen = name;
    remember('paint assistant model', name ?? '');
  }

  /** A question was answered. */
  heard(): void {
    this.askedIn = this.here;
    remember('paint asked in', this.here);
  }

  setSmoothing(name: Smoothing): void {
    this.smoothing = name;
    remember('paint assistant smoothing', name);
  }

  show(next?: Showing): void {
    this.showing = next ?? SHOWN[(SHOWN.indexOf(this.showing) + 1) % SHOWN.length]!;
  }

  /** The first answer after a server's start takes long: it is asked for while the person still looks at the picture. */
  warm(task: string): void {
    if (this.warmed.has(task) || this.on) return;
    this.warmed.add(task);
    void get<Info>('/assistant', { task, model: this.model }).then(
      (info) => (this.models = info.models),
      () => this.warmed.delete(task),
    );
  }

  /** Ask soon: several strokes in one moment are one question. */
  soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), CALM_MS);
  }

  stop(): void {
    this.leave();
    this.asProposed = false;
    this.info = null;
  }

  /** Another chip comes: what was proposed for this one must never be taken over there. */
  leave(): void {
    clearTimeout(this.timer);
    clearTimeout(this.later);
    this.flight?.abort();
    this.flight = null;
    this.busy = false;
    this.proposal = this.problem = this.took = null;
  }

  private async ask(): Promise<void> {
    const { chipId, task, own, strokes } = this.doc;
    if (!this.on || !own || this.empty) return;
    this.flight?.abort();
    const flight = (this.flight = new AbortController());
    this.busy = true;
    const begun = performance.now();
    const whole: Box = { x: 0, y: 0, width: own.cols, height: own.rows };
    const seen = visible(this.editor.view, this.editor.views.cell, own.rows, own.cols);
    const fewer = strokes < this.strokes || this.doc.steps.undo[0]?.tool === 'eraser';
    const known = !fewer && this.info?.ready && this.info.task === task && this.info.model === this.model;
    this.strokes = strokes;
    try {
      if (!known) await this.learn(task, flight.signal);
      if (!this.info?.ready) {
        this.proposal = null;
        return;
      }
      for (const window of seen ? [seen, whole] : [whole]) await this.bring(chipId, task, window, whole, flight.signal);
      this.took = performance.now() - begun;
      this.problem = null;
    } catch (error) {
      if (isAbort(error) || flight.signal.aborted) return;
      this.problem = asProblem(error);
      this.proposal = null;
    } finally {
      if (this.flight === flight) this.busy = false;
    }
    clearTimeout(this.later);
    if (known) this.later = setTimeout(() => void this.learn(task, flight.signal).catch(() => undefined), STATE_MS);
  }

  private async bring(chip: string, task: string, window: Box, whole: Box, signal: AbortSignal): Promise<void> {
    const { model, smoothing } = this;
    const part = window === whole ? {} : { window: [window.x, window.y, window.width, window.height].join() };
    const query = { task, model, smoothing, ...part };
    const data = await bytes(`/chips/${encodeURIComponent(chip)}/proposal`, query, { signal, cache: 'no-cache' });
    if (signal.aborted) return;
    this.proposal = received(parseNpy(data), window, whole.height, whole.width, this.proposal);
  }

  /** What it learned from and how well it does, or what it still needs. */
  private async learn(task: string, signal: AbortSignal): Promise<void> {
    const info = await get<Info>('/assistant', { task, model: this.model }, { signal });
    if (!signal.aborted) [this.info, this.models] = [info, info.models];
  }

  // --- accepting ----------------------------------------------------------------------------------------------------

  /** Take over what is proposed: all of it, from `least` percent on. */
  accept(least = this.least): void {
    const { own, others } = this.doc;
    if (!this.proposal || !own || !others) {
      toast(this.on ? 'There is no proposal yet.' : 'The assistant is off.', { stay: 2000 });
      return;
    }
    const patch = accepted(this.proposal, own, others, least);
    if (patch) this.doc.apply(patch, { tool: 'accept' });
    else toast('Nothing left to accept at this confidence.', { stay: 2500 });
  }

  /** What a tool drew, as proposed: its pixels get the proposal's classes; null where there is nothing to take. */
  readonly through = (patch: Patch): Patch | null => {
    const { own, others } = this.doc;
    if (!this.proposal || !own || !others) {
      toast(this.needs ?? 'There is no proposal yet: nothing was painted.', { stay: 2500 });
      return null;
    }
    const said = accepted(this.proposal, own, others, this.least, patch);
    if (!said) toast('Nothing is proposed there at this confidence.', { stay: 2500 });
    return said;
  };

  readonly commands: readonly Command[] = [
    { id: 'assist', title: 'Assistant on or off', part: 'Assistant', keys: ['a'], run: () => this.turn() },
    {
      id: 'accept',
      title: 'Accept the proposal, from the chosen confidence on',
      part: 'Assistant',
      keys: ['A'],
      run: () => this.accept(),
    },
    {
      id: 'as proposed',
      title: 'Accept the proposal only where tools draw, or paint again',
      part: 'Assistant',
      keys: ['P'],
      run: () => this.turnProposed(),
    },
    {
      id: 'assist show',
      title: 'Show the proposal, its confidence, where it differs, or none',
      part: 'Assistant',
      keys: ['Z'],
      run: () => this.show(),
    },
  ];

  turnProposed(on = !this.asProposed): void {
    if (on && !this.on) this.turn(true);
    this.asProposed = on;
  }
}
