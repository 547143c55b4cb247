/**
 * The wall: bands of tiles, each drawn once on a canvas, moved by the browser's own scrolling.
 *
 * The content scrolls on the compositor; script works only when a band comes into reach or a picture arrives. Canvases
 * are recycled: there are never more than fill the view and a margin.
 */
import type { ChipRow } from '../lib/types';
import { type Look, drawTile } from './draw';
import { type Layout, type Range, Scroll, bandsIn, layout, placeOf, reveal, tilesIn, tilesOf } from './layout';
import type { Pictures } from './pictures';
import { type Spot, keyOf } from './quicklooks';
import { type Band, clearBand, edgeFor, focusedIn, makeBand } from './wall-band';
import type { Source, WallEvents } from './wall-types';

const BUDGET_MS = 7;
const PLAN_MS = 60;
const FLYING_MS = 360;
/** Views a second beyond which the wall flies. */
const FAST = 14;
/** Seconds of scrolling that are fetched ahead. */
const AHEAD_S = 0.35;
const SETTLED_MS = 140;
/** Answered tiles that are drawn without waiting for a frame. */
const AT_ONCE = 8;

export class Wall {
  l: Layout = layout(0, 320, 128, true);
  readonly scroll = new Scroll();
  private source: Source = { list: null, base: null, mask: null };
  private look: Look | null = null;
  private total = 0;
  private size = 128;
  private captions = true;
  private width = 0;
  private ratio = 1;
  private bands = new Map<number, Band>();
  private spare: Band[] = [];
  private dirty = new Set<number>();
  /** Tiles drawn as selected. */
  private ringed = new Set<number>();
  private spots = new Map<string, number>();
  private frame = 0;
  private planned = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private before = { top: 0, at: 0 };
  private speed = 0;
  private readonly sized: ResizeObserver;

  constructor(
    private readonly scroller: HTMLElement,
    private readonly inner: HTMLElement,
    private readonly host: HTMLElement,
    private readonly events: WallEvents,
  ) {
    this.sized = new ResizeObserver(() => this.measure());
    this.sized.observe(scroller);
    scroller.addEventListener('scroll', this.scrolled, { passive: true });
    this.measure();
  }

  close(): void {
    this.sized.disconnect();
    this.scroller.removeEventListener('scroll', this.scrolled);
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    clearTimeout(this.rest);
    this.host.replaceChildren();
  }

  /** Another list or another layer. The place on the wall stays; `show` goes elsewhere. */
  use(source: Source, total: number): void {
    this.source = source;
    this.spots.clear();
    if (total !== this.total) {
      this.total = total;
      this.lay();
    }
    this.redraw();
    this.plan();
  }

  /** Tile size and captions; the tile in the upper left corner (or `anchor`, where in view) stays where it is. */
  arrange(size: number, captions: boolean, anchor: number | null = null): void {
    if (size === this.size && captions === this.captions) return;
    this.size = size;
    this.captions = captions;
    this.lay(anchor);
  }

  paint(look: Look): void {
    this.look = look;
    this.redraw();
  }

  /** Tiles that the view shows. */
  get view(): Range {
    return tilesIn(this.l, this.scroll.top, this.scroll.view);
  }

  /** The first tile of the view that is at least half in it. */
  get first(): number {
    const row = Math.max(0, Math.round((this.scroll.top - this.l.gap) / this.l.pitchY));
    return Math.min(row * this.l.columns, Math.max(0, this.total - 1));
  }

  /** Scroll as little as shows the tile whole; `atTop`: to the upper edge. */
  show(index: number, atTop = false): void {
    const top = atTop
      ? placeOf(this.l, index).y - this.l.gap
      : reveal(this.l, index, this.scroll.top, this.scroll.view);
    if (top !== this.scroll.top) this.to(top);
  }

  /** Tile under a point of the screen. */
  under(x: number, y: number): { x: number; y: number } {
    const box = this.scroller.getBoundingClientRect();
    return { x: x - box.left - this.scroller.clientLeft, y: y - box.top + this.scroll.top };
  }

  /** Rows came or changed: their tiles are drawn anew. */
  changed(range: Range): void {
    for (let i = range.first; i < range.end; i++) if (this.bands.has(this.bandOf(i))) this.dirty.add(i);
    this.planLater();
    this.restLater();
    this.wake();
  }

  /** Chips were selected or left: only the tiles that show it otherwise are drawn anew. */
  chosen(): void {
    for (const index of this.bands.keys()) {
      const { first, end } = tilesOf(this.l, index);
      for (let i = first; i < end; i++) if (this.isChosen(i) !== this.ringed.has(i)) this.dirty.add(i);
    }
    this.wake();
  }

  /** Rows of these chips say something else. A few are drawn at once, so that a key shows in the very next frame. */
  answered(indexes: readonly number[]): void {
    for (const i of indexes) {
      const band = this.bands.get(this.bandOf(i));
      if (band && indexes.length <= AT_ONCE) this.draw(band, i);
      else if (band) this.dirty.add(i);
    }
    if (this.dirty.size > 0) this.wake();
  }

  scrollBy(by: number): void {
    this.to(this.scroll.top + by);
  }

  /** Pictures came. */
  came(spots: Spot[]): void {
    for (const spot of spots) {
      const index = this.spots.get(keyOf(spot));
      if (index !== undefined) this.dirty.add(index);
    }
    this.wake();
  }

  /** Tiles in view, and how many of them are still to be drawn with their picture or mask: for tests and measurements. */
  stats(): { tiles: number; waiting: number; masks: number; bands: number } {
    const { first, end } = this.view;
    const { base, mask } = this.source;
    let [waiting, masks] = [0, 0];
    for (let i = first; i < end; i++) {
      const chip = this.chip(i);
      const drawn = this.bands.has(this.bandOf(i)) && !this.dirty.has(i);
      if (!drawn || this.pictureOf(base, chip) === undefined) waiting++;
      if (mask && this.pictureOf(mask, chip) === undefined) masks++;
    }
    return { tiles: end - first, waiting, masks, bands: this.bands.size };
  }

  /** Ask again for what is in view. */
  plan(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.planned = performance.now();
    const { list, base, mask } = this.source;
    if (!list) return;
    const view = this.view;
    const count = Math.max(1, view.end - view.first);
    const ahead = Math.min(2.5, 0.6 + (AHEAD_S * Math.abs(this.speed * 1000)) / this.scroll.view) * this.scroll.view;
    const up = this.speed < 0;
    list.want(view, Math.ceil(count / 2), (up ? -1 : 1) * Math.round(ahead / this.l.pitchY) * this.l.columns);
    const near = tilesIn(
      this.l,
      this.scroll.top - (up ? ahead : 0.2 * this.scroll.view),
      1.2 * this.scroll.view + ahead,
    );
    const spots: Spot[] = [];
    this.spots.clear();
    const add = (i: number): void => {
      const chip = this.chip(i);
      if (!chip) return;
      spots.push(chip);
      this.spots.set(keyOf(chip), i);
    };
    for (let i = view.first; i < view.end; i++) add(i);
    const shown = spots.length;
    for (let i = view.end; i < near.end; i++) add(i);
    for (let i = view.first - 1; i >= near.first; i--) add(i);
    const edge = edgeFor(this.l.tile * this.ratio);
    base?.want(spots, edge);
    mask?.want(spots.slice(0, shown), edge);
  }

  private isChosen(index: number): boolean {
    const chip = this.chip(index);
    return chip !== undefined && this.look !== null && this.look.selected(chip.id);
  }

  private chip(index: number): ChipRow | undefined {
    return this.source.list?.at(index);
  }

  private pictureOf(pictures: Pictures | null, chip: ChipRow | undefined): ImageBitmap | null | undefined {
    return chip ? pictures?.get(chip) : undefined;
  }

  private to(top: number): void {
    const shift = this.scroll.shift;
    this.scroller.scrollTop = this.scroll.go(top);
    if (this.scroll.shift !== shift) this.shifted();
    this.wake();
  }

  private scrolled = (): void => {
    const shift = this.scroll.shift;
    if (this.scroll.moved(this.scroller.scrollTop)) this.scroller.scrollTop = this.scroll.settle();
    if (this.scroll.shift !== shift) this.shifted();
    this.wake();
  };

  private shifted(): void {
    for (const band of this.bands.values()) this.put(band);
    this.events.laid(this.l, this.scroll.shift);
  }

  private measure(): void {
    const width = this.scroller.clientWidth;
    const view = this.scroller.clientHeight;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    if (width === this.width && view === this.scroll.view && ratio === this.ratio) return;
    const held = focusedIn(this.scroller);
    const whole = held !== null && reveal(this.l, held, this.scroll.top, this.scroll.view) === this.scroll.top;
    this.width = width;
    this.ratio = ratio;
    this.scroll.view = view;
    this.lay();
    if (whole && held < this.total) this.show(held); // where the keyboard is stays in view when the wall gets lower
  }

  /** Compute the layout anew; the anchor keeps its place in the view. */
  private lay(anchor: number | null = null): void {
    if (this.width === 0) return;
    const view = this.view;
    const held = anchor !== null && anchor >= view.first && anchor < view.end ? anchor : this.first;
    const before = placeOf(this.l, held).y - this.scroll.top;
    this.l = layout(this.total, this.width, this.size, this.captions);
    const height = Math.max(this.l.height, 1);
    const keep =
      held === 0 && this.scroll.top === 0 ? 0 : placeOf(this.l, Math.min(held, Math.max(0, this.total - 1))).y - before;
    this.scroll.resize(height, this.scroll.view);
    this.inner.style.height = `${Math.min(this.scroll.inner, height)}px`;
    for (const band of this.bands.values()) this.drop(band);
    this.bands.clear();
    this.scroller.scrollTop = this.scroll.go(keep);
    this.events.laid(this.l, this.scroll.shift);
    this.planLater();
    this.restLater();
    this.wake();
  }

  private redraw(): void {
    for (const index of this.bands.keys()) this.mark(tilesOf(this.l, index));
    this.wake();
  }

  private mark({ first, end }: Range): void {
    for (let i = first; i < end; i++) this.dirty.add(i);
  }

  private wake(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(this.tick);
  }

  private tick = (now: number): void => {
    this.frame = 0;
    const { top, view } = this.scroll;
    if (top !== this.before.top) {
      this.speed = (top - this.before.top) / Math.max(1, now - this.before.at);
      this.planLater(Math.abs(this.speed) * 1000 > FAST * view);
      this.restLater();
    }
    this.before = { top, at: now };
    this.reach();
    this.drawDirty();
  };

  /** Plan soon, but not every frame; while the wall flies past, hardly ever: what flies past is not worth a request. */
  private planLater(fast = false): void {
    if (this.timer !== undefined && !fast) return;
    const since = performance.now() - this.planned;
    if (fast && since > FLYING_MS) return this.timer === undefined ? this.planIn(PLAN_MS) : undefined;
    this.planIn(fast ? PLAN_MS * 2 : PLAN_MS - since);
  }

  private planIn(wait: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.plan(), Math.max(0, wait));
  }

  private restLater(): void {
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      this.speed = 0;
      if (this.scroll.shift !== 0) this.to(this.scroll.top);
      if (this.timer !== undefined || this.scrolledSincePlan()) this.plan();
      this.events.settled(this.view);
    }, SETTLED_MS);
  }

  private scrolledSincePlan(): boolean {
    return this.before.at > this.planned - PLAN_MS;
  }

  /** Give each band in reach a canvas. */
  private reach(): void {
    const { top, view } = this.scroll;
    const near = bandsIn(this.l, top, view, Math.max(160, view / 4));
    for (const [index, band] of this.bands) {
      if (index >= near.first && index < near.end) continue;
      this.bands.delete(index);
      this.drop(band);
    }
    for (let index = near.first; index < near.end; index++) {
      if (!this.bands.has(index)) this.take(index);
    }
  }

  private drop(band: Band): void {
    band.canvas.style.display = 'none';
    this.spare.push(band);
  }

  private take(index: number): void {
    const band = this.spare.pop() ?? makeBand(this.host);
    band.index = index;
    clearBand(band, this.width, this.l.bandRows * this.l.pitchY, this.ratio);
    this.bands.set(index, band);
    this.put(band);
    const { first, end } = tilesOf(this.l, index);
    for (let i = first; i < end; i++) this.draw(band, i);
  }

  private put(band: Band): void {
    const y = this.l.gap + band.index * this.l.bandRows * this.l.pitchY - this.scroll.shift;
    band.canvas.style.transform = `translateY(${y}px)`;
  }

  private bandOf(index: number): number {
    return Math.floor(index / (this.l.bandRows * this.l.columns));
  }

  private drawDirty(): void {
    const start = performance.now();
    for (const index of this.dirty) {
      this.dirty.delete(index);
      const band = this.bands.get(this.bandOf(index));
      if (band) this.draw(band, index);
      if (performance.now() - start > BUDGET_MS) break;
    }
    if (this.dirty.size > 0) this.wake();
  }

  private draw(band: Band, index: number): void {
    if (!this.look || index >= this.total) return;
    const { x, y } = placeOf(this.l, index);
    const chip = this.chip(index);
    const picture = this.pictureOf(this.source.base, chip);
    const mask = this.pictureOf(this.source.mask, chip);
    this.dirty.delete(index);
    if (this.isChosen(index)) this.ringed.add(index);
    else this.ringed.delete(index);
    drawTile(
      band.ctx,
      this.l,
      x,
      y - this.l.gap - band.index * this.l.bandRows * this.l.pitchY,
      chip,
      picture,
      mask,
      this.look,
    );
  }
}
