/** What a person has in hand: tool, class, width, the pixel cursor of the keyboard. It is the tool that views talk to. */
import { bandExpression, type Expression, UNLABELLED } from '../canvas';
import { recall, remember } from '../lib/stored';
import { toast } from '../lib/toast.svelte';
import type { SchemeClass } from '../lib/types';
import type { Modifiers, Patch, Point, Preview, StrokeFacts, Tool } from './contract';
import { Cutter } from './cutter.svelte';
import type { PaintDoc } from './doc.svelte';
import {
  type AskBench,
  BaseTool,
  type Bench,
  type Cut,
  makeTool,
  NO_ASKS,
  NO_REGIONS,
  type RegionBench,
  type ToolName,
  TOOLS,
  untold,
  type Values,
  valuesOf,
  WIDE,
} from './tools';

export const MOST_WIDTH = 200;
/** Its keys are those of the arrows. */
export const FAR = 10;
const NONE: Modifiers = { shift: false, ctrl: false, alt: false };
const UNLABELLED_COLOR = '#9aa5b1';

/** The next width: by one pixel where it is narrow, by a tenth where it is wide. */
export function wider(width: number, steps: number): number {
  let now = width;
  for (let i = 0; i < Math.abs(steps); i++) {
    const by = Math.max(1, Math.round(now / 10));
    now = Math.min(MOST_WIDTH, Math.max(1, now + Math.sign(steps) * by));
  }
  return now;
}

const middle = ({ row, col }: { row: number; col: number }): Point => ({ x: col + 0.5, y: row + 0.5 });

export class Hand implements Tool, Bench {
  /** Null: the picture is moved, nothing is drawn. */
  kind = $state<ToolName | null>('brush');
  code = $state(UNLABELLED);
  width = $state(Number(recall('paint width')) || 8);
  tolerance = $state(Number(recall('paint tolerance')) || 0.1);
  /** Whether flood compares all bands, or what is shown. */
  allBands = $state(recall('paint bands') === 'all');
  readonly cutter: Cutter;
  /** Where the keyboard draws. */
  cell = $state.raw<{ row: number; col: number } | null>(null);
  /** What the first view shows; flood compares it. */
  channels = $state.raw<readonly Expression[]>([]);
  /** Another chip, or its size is known now: a new tool, and none else, lest a stroke in the making is lost. */
  private readonly under = $derived.by(() => `${this.doc().chipId} ${this.rows} ${this.cols}`);
  private tool: BaseTool | null = $derived.by(() => {
    void this.under;
    return this.kind && makeTool(this.kind, this);
  });
  /** What becomes of a patch before it is laid down: the assistant's classes in place of the one in hand. */
  through: ((patch: Patch) => Patch | null) | null = null;
  /** Counts up when the tool's preview may have changed. */
  ticks = $state(0);
  /** What was in hand before questions were taken. */
  private former: ToolName | null = 'brush';
  private held = false;
  private pressed = false;
  private readonly kept = new Map<string, Values>();
  private keptOf: unknown = null;

  constructor(
    private readonly doc: () => PaintDoc,
    private readonly classes: () => readonly SchemeClass[],
    private readonly walked: (at: Point) => void = () => undefined,
    readonly regions: () => RegionBench = () => NO_REGIONS,
    readonly asks: () => AskBench = () => NO_ASKS,
    /** What is to be looked at, outlined in every view. */
    private readonly spots: () => NonNullable<Preview['lines']> = () => [],
  ) {
    this.cutter = new Cutter(doc, classes, () => this.code);
  }

  // --- as a tool ----------------------------------------------------------------------------------------------------

  get name(): string {
    return this.kind ?? 'move';
  }

  get cursor(): string {
    return this.tool?.cursor ?? 'grab';
  }

  readonly preview: Preview | null = $derived.by(() => {
    void this.ticks;
    const { cell, tool } = this;
    const spots = this.spots();
    const worked = tool?.sees() ?? null;
    const seen = spots.length > 0 ? { ...worked, lines: [...spots, ...(worked?.lines ?? [])] } : worked;
    if (!cell) return seen && { ...seen };
    const circle =
      this.kind && WIDE.includes(this.kind) && !seen?.circle ? { at: middle(cell), radius: this.width / 2 } : null;
    return { ...(circle && { circle }), ...seen, cell };
  });

  down(at: Point, how: Modifiers): boolean {
    if (!this.held) this.cell = null;
    if (how.alt && this.kind) {
      this.pickAt(at);
      return true;
    }
    return this.after(() => (this.pressed = this.tool?.down(at, how) ?? false));
  }

  move(at: Point, how: Modifiers): void {
    if (!this.held && this.cell && this.pressed) this.cell = null;
    this.after(() => this.tool?.move(at, how));
  }

  up(at: Point, how: Modifiers): void {
    this.pressed = false;
    this.after(() => this.tool?.up(at, how));
  }

  cancel(): void {
    this.pressed = this.held = false;
    this.after(() => this.tool?.cancel());
  }

  leave(): void {
    this.after(() => this.tool?.leave());
  }

  wheel(at: Point, steps: number, how: Modifiers): boolean {
    return this.after(() => this.tool?.wheel?.(at, steps, how) ?? false);
  }

  double(at: Point): boolean {
    return this.after(() => (this.tool as Tool | null)?.double?.(at) ?? this.tool !== null);
  }

  key(key: string): boolean {
    return this.after(() => (this.tool as Tool | null)?.key?.(key) ?? false);
  }

  private after<T>(run: () => T): T {
    const done = run();
    this.ticks++;
    return done;
  }

  // --- as a bench ---------------------------------------------------------------------------------------------------

  get rows(): number {
    return this.doc().own?.rows ?? 0;
  }

  get cols(): number {
    return this.doc().own?.cols ?? 0;
  }

  get color(): string {
    return this.classes().find((one) => one.code === this.code)?.color ?? UNLABELLED_COLOR;
  }

  shown() {
    return this.doc().shown;
  }

  apply(patch: Patch, facts: StrokeFacts): void {
    const said = this.through && this.kind !== 'eraser' ? this.through(patch) : patch;
    if (said) this.doc().apply(said, facts);
  }

  /** What nobody has said anything of becomes the class in hand. */
  rest(): void {
    const shown = this.shown();
    if (!shown) return;
    const patch = this.code === UNLABELLED ? null : untold(shown).patch({ code: this.code });
    if (patch) this.apply(patch, { tool: 'fill' });
    else if (this.code === UNLABELLED) toast('Take a class in hand first: its number.', { stay: 2500 });
    else toast('Nothing is left: every pixel has been said.', { stay: 2500 });
  }

  pick(code: number): void {
    if (code === UNLABELLED || this.classes().some((one) => one.code === code)) this.code = code;
  }

  more(steps: number): void {
    if (this.kind === 'threshold') this.cutter.step(steps);
    else if (this.kind === 'flood') this.setTolerance(this.tolerance * 1.15 ** steps);
    else this.setWidth(wider(this.width, steps));
    this.ticks++;
  }

  /** What flood compares: the channels that are shown, or all bands; worked out once a chip. */
  values(): Values[] {
    const { pixels } = this.doc();
    if (!pixels) return [];
    if (this.keptOf !== pixels) this.kept.clear();
    this.keptOf = pixels;
    const all = this.allBands || this.channels.length === 0;
    const asked: readonly Expression[] = all
      ? pixels.bands.map(({ name }, band) => bandExpression(band, name))
      : this.channels;
    return asked.map((expression) => {
      const key = JSON.stringify(expression.root);
      const found = this.kept.get(key) ?? valuesOf(pixels, expression);
      this.kept.set(key, found);
      return found;
    });
  }

  cut(): Cut | null {
    return this.cutter.cut;
  }

  cutAt(value: number): void {
    this.cutter.to(value);
  }

  /** What lies under the tool is another by now; `at`: where the pointer rests. */
  look(at: Point | null): void {
    const here = this.cell ? middle(this.cell) : at;
    if (this.kind === 'region' && here) this.move(here, NONE);
  }

  // --- what keys and buttons do -------------------------------------------------------------------------------------

  take(kind: ToolName | null): void {
    if (this.pressed) this.cancel();
    if (kind === 'ask' && this.kind === 'ask') return this.putBack();
    if (kind === 'ask') this.former = this.kind;
    this.kind = kind;
    this.ticks++;
  }

  /** Questions are put away: what was in hand before is again. */
  putBack(): void {
    if (this.kind === 'ask') this.take(this.former);
  }

  setWidth(width: number): void {
    this.width = Math.min(MOST_WIDTH, Math.max(1, Math.round(width)));
    remember('paint width', String(this.width));
  }

  setTolerance(tolerance: number): void {
    this.tolerance = Math.min(1, Math.max(0.005, tolerance));
    remember('paint tolerance', String(this.tolerance));
  }

  setAllBands(all: boolean): void {
    this.allBands = all;
    remember('paint bands', all ? 'all' : 'shown');
  }

  /** Class at a place, into the hand. */
  pickAt(at: Point): void {
    const row = Math.floor(at.y);
    const col = Math.floor(at.x);
    const shown = this.shown();
    if (shown && row >= 0 && col >= 0 && row < shown.rows && col < shown.cols) this.pick(shown.at(row, col).code);
  }

  /** Walk the pixel cursor; the first step puts it where `from` is. */
  walk(dx: number, dy: number, from: Point, shift = false): void {
    const { cell, rows, cols } = this;
    const inside = (value: number, most: number): number => Math.min(most - 1, Math.max(0, Math.floor(value)));
    this.cell = cell
      ? { row: inside(cell.row + dy, rows), col: inside(cell.col + dx, cols) }
      : { row: inside(from.y, rows), col: inside(from.x, cols) };
    this.walked(middle(this.cell));
    const open = this.kind === 'polygon' || this.kind === 'region';
    if (this.held || open)
      this.move(middle(this.cell), { ...NONE, shift: shift && this.held && this.kind !== 'lasso' });
  }

  /** Space is pressed: as a button of the mouse at the pixel cursor. */
  press(from: Point): void {
    if (!this.cell) this.walk(0, 0, from);
    if (!this.kind || this.held) return;
    this.held = true;
    this.down(middle(this.cell!), NONE);
  }

  release(): void {
    if (!this.held) return;
    const at = middle(this.cell ?? { row: 0, col: 0 });
    this.up(at, NONE);
    this.held = false;
    if (this.kind !== 'polygon' && this.kind !== 'region') this.leave();
  }
}

export function isTool(name: string): name is ToolName {
  return (TOOLS as readonly string[]).includes(name);
}
