/** The state of the chip page: which chip, what is known of it, how it is looked at. */
import { type Around as Surroundings, type Framed, type Look, type MaskPixels, type View } from '../canvas';
import { asProblem, isAbort } from '../lib/api';
import { recall, remember } from '../lib/stored';
import type { Annotations, ChipDetail, Problem, Task } from '../lib/types';
import { workspace } from '../lib/workspace.svelte';
import * as choices from './choice';
import { loadAround, loadDetail, loadHistory, loadMask, loadPixels, prefetch } from './load';
import { GRID_FROM, lookName, LookState, SMOOTH_UNTIL } from './look.svelte';
import { Swipe } from './swipe.svelte';
import { findAround, keepPlace, NOWHERE, readList, type Around } from './walk';

export interface Cell {
  row: number;
  col: number;
}

/** A rectangle in pixels of the chip. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const MOST_PINS = 5;

export class ChipState extends LookState {
  id = $state('');
  problem = $state.raw<Problem | null>(null);
  /** What lies beyond the chip's edges, once it is there. */
  beyond = $state.raw<Surroundings | null>(null);
  mask = $state.raw<MaskPixels | null>(null);
  maskProblem = $state.raw<Problem | null>(null);
  history = $state.raw<Annotations | null>(null);
  historyProblem = $state.raw<Problem | null>(null);
  around = $state.raw<Around>(NOWHERE);
  view = $state.raw<View>({ x: 0, y: 0, zoom: 1, fit: true });
  /** Pixels that were clicked (with Shift, further ones) or walked to by keys; the last one is marked. */
  pins = $state.raw<readonly Cell[]>([]);
  hovered = $state.raw<Cell | null>(null);
  maskTask = $state<string | null>(null);
  /** Whether what is around the chip is shown. */
  surroundings = $state(recall('chip surroundings') !== 'off');
  /** All layers beside each other. */
  beside = $state(false);
  /** Being drawn, or drawn and not searched with yet: pixels of the chip's own picture, may reach beyond it. */
  box = $state.raw<Box | null>(null);
  boxing = $state(false);
  /** Another date of the same place, beside this one. */
  readonly swipe = new Swipe(this);
  private flight = new AbortController();

  /** What is known is of the chip that was asked for, not of the one before it. */
  readonly arrived = $derived(this.detail !== null && this.detail.chip.id === this.id);

  readonly seenAround = $derived(this.surroundings ? this.beyond : null);
  readonly image: Framed = $derived.by(() => {
    const width = this.pixels?.cols ?? this.detail?.chip.width ?? 1;
    const height = this.pixels?.rows ?? this.detail?.chip.height ?? 1;
    const more = this.seenAround;
    if (!more) return { width, height };
    const { left, top, pixels } = more;
    return {
      width,
      height,
      around: { left, top, right: pixels.cols - left - width, bottom: pixels.rows - top - height },
    };
  });
  get pinned(): Cell | null {
    return this.pins.at(-1) ?? null;
  }
  set pinned(cell: Cell | null) {
    this.pins = cell ? [cell] : [];
  }

  /** Tasks that have a class for every pixel. */
  readonly maskTasks: Task[] = $derived((workspace.info?.tasks ?? []).filter((one) => one.kind === 'segment'));
  readonly classes = $derived(
    this.maskTasks.find((one) => one.name === this.maskTask)?.classes ?? workspace.info?.scheme ?? [],
  );

  /** How another layer of the same chip looks, with everything else as it is chosen now. */
  lookOf(source: choices.Source): Look | null {
    const { detail, choice, pixels } = this;
    if (!detail || !choice || !pixels) return null;
    const channels = choices.channelsOf(source, detail);
    const stretch = choice.stretch === 'manual' ? 'scene' : choice.stretch;
    const lab = choices.isLab(source, detail);
    return {
      channels,
      stretch: choices.rangesFor(
        channels,
        { stretch: choices.stretchOf({ ...choice, stretch, source }, detail), ranges: [] },
        pixels,
        choices.statedRanges(source, detail),
      ),
      ramp: choices.rampFor(source, detail, channels),
      adjust: { ...choice.adjust, gamma: choices.gammaOf(choice, channels.length, lab) },
      lab,
      overlay: { mode: choice.overlay, opacity: choice.opacity, colours: this.colours },
      interpolation: choice.smooth ? 'bicubic' : 'nearest',
      gridFrom: choice.smooth ? SMOOTH_UNTIL : GRID_FROM,
    };
  }

  /** Marks a pixel; `more`: beside those that are marked already, to compare. */
  pin(cell: Cell, more = false): void {
    const same = (one: Cell) => one.row === cell.row && one.col === cell.col;
    if (!more) this.pins = [cell];
    else if (this.pins.some(same)) this.pins = this.pins.filter((one) => !same(one));
    else this.pins = [...this.pins, cell].slice(-MOST_PINS);
  }

  turnSurroundings(): void {
    this.surroundings = !this.surroundings;
    remember('chip surroundings', this.surroundings ? 'on' : 'off');
    if (this.surroundings && this.detail) void this.bringBeyond(this.detail, this.flight);
  }

  /** The pixel whose values are told. */
  readonly cell = $derived(this.hovered ?? this.pinned);

  /** Shows another chip. `words` is the address's query: it decides how, else what was last chosen for the sensor. */
  async open(id: string, words: URLSearchParams): Promise<void> {
    this.flight.abort();
    const flight = (this.flight = new AbortController());
    this.id = id;
    this.problem = this.pixelsProblem = this.maskProblem = this.historyProblem = null;
    this.hovered = null;
    try {
      const detail = await loadDetail(id);
      if (flight.signal.aborted) return;
      this.arrive(detail, words);
      await Promise.all([
        this.bring(detail, flight),
        this.bringMask(flight),
        this.bringHistory(flight),
        this.lookAround(flight),
      ]);
    } catch (error) {
      if (flight.signal.aborted || isAbort(error)) return;
      this.detail = this.pixels = this.mask = this.history = null;
      this.problem = asProblem(error);
    }
  }

  close(): void {
    this.flight.abort();
  }

  private arrive(detail: ChipDetail, words: URLSearchParams): void {
    const size = [detail.chip.width, detail.chip.height].join();
    if (this.detail && size !== [this.detail.chip.width, this.detail.chip.height].join()) {
      this.view = { ...this.view, fit: true };
      this.pins = [];
    }
    if (this.detail?.chip.id !== detail.chip.id) {
      this.pixels = this.mask = this.history = this.beyond = null;
      this.box = null;
    }
    this.detail = detail;
    this.around = NOWHERE;
    this.maskTask = this.chooseTask(detail, words.get('mask'));
    this.choice = choices.fromWords(this.wordsFor(detail, words), detail);
  }

  private wordsFor(detail: ChipDetail, words: URLSearchParams): URLSearchParams {
    if (choices.WORDS.some((name) => words.has(name))) return words;
    return new URLSearchParams(recall(lookName(detail)) ?? '');
  }

  private chooseTask(detail: ChipDetail, wanted: string | null): string | null {
    const names = this.maskTasks.map((one) => one.name);
    const known = [wanted, this.maskTask, workspace.task].find((name) => name && names.includes(name));
    return known ?? names.find((name) => detail.labels[name]) ?? names[0] ?? null;
  }

  private async bring(detail: ChipDetail, flight: AbortController): Promise<void> {
    if (detail.pixels_problem) {
      this.pixelsProblem = detail.pixels_problem;
      return;
    }
    try {
      const pixels = await loadPixels(detail);
      if (flight.signal.aborted) return;
      this.pixels = pixels;
      void this.bringBeyond(detail, flight);
    } catch (error) {
      if (!flight.signal.aborted) this.pixelsProblem = asProblem(error);
    }
  }

  /** What is around is a help only: without it the chip stands alone. */
  private async bringBeyond(detail: ChipDetail, flight: AbortController): Promise<void> {
    if (!this.surroundings || detail.pixels_problem) return;
    const beyond = await loadAround(detail).catch(() => null);
    if (!flight.signal.aborted && this.detail?.chip.id === detail.chip.id) this.beyond = beyond;
  }

  private async bringMask(flight: AbortController): Promise<void> {
    const { maskTask, detail } = this;
    if (!maskTask || !detail) {
      this.mask = null;
      return;
    }
    try {
      const mask = await loadMask(detail, maskTask, flight.signal);
      if (flight.signal.aborted || maskTask !== this.maskTask) return;
      this.mask = mask;
      this.maskProblem = null;
    } catch (error) {
      if (!flight.signal.aborted && !isAbort(error)) this.maskProblem = asProblem(error);
    }
  }

  private async bringHistory(flight: AbortController): Promise<void> {
    try {
      const history = await loadHistory(this.id, flight.signal);
      if (flight.signal.aborted) return;
      this.history = history;
      this.historyProblem = null;
    } catch (error) {
      if (!flight.signal.aborted && !isAbort(error)) this.historyProblem = asProblem(error);
    }
  }

  /** Finds the chips before and after this one, and makes the next one ready. */
  private async lookAround(flight: AbortController): Promise<void> {
    const list = readList();
    const found = list ? await findAround(this.id, list, flight.signal).catch(() => null) : null;
    if (flight.signal.aborted || !this.detail) return;
    const { neighbours } = this.detail;
    if (list && found?.place != null) keepPlace(list, found.place);
    this.around = found ?? {
      ...NOWHERE,
      previous: neighbours.west ?? neighbours.north ?? null,
      next: neighbours.east ?? neighbours.south ?? null,
    };
    if (this.around.next) void prefetch(this.around.next).catch(() => undefined);
  }

  /** The connection is back: what could not be had is asked for again, and the rest may be old. */
  async recover(id: string, words: URLSearchParams): Promise<void> {
    if (!this.arrived || this.problem || this.pixelsProblem) return this.open(id, words);
    await Promise.all([this.refresh(), this.around === NOWHERE ? this.lookAround(this.flight) : null]);
  }

  /** Somebody said something of this chip. */
  async refresh(): Promise<void> {
    const { id, flight } = this;
    const history = this.bringHistory(flight);
    try {
      const detail = await loadDetail(id, true);
      if (flight.signal.aborted || id !== this.id) return;
      const { source } = this.choice ?? {};
      if (source?.kind === 'layer' && !detail.layers.some((one) => one.name === source.name))
        this.choice = { ...this.choice!, source: choices.defaultChoice(detail).source };
      this.detail = detail;
      await Promise.all([this.bringMask(flight), history]);
    } catch {
      await history; // what is shown stays; the next event tries again
    }
  }

  showTask(name: string): void {
    this.maskTask = name;
    this.mask = null;
    this.maskProblem = null;
    void this.bringMask(this.flight);
  }
}
