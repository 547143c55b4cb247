/** A frame drawn over the wall with the pointer: which tiles it touches, and scrolling when it is held at an edge. */
import { type Layout, type Range } from './layout';

/** Pixels that the pointer goes before a press is a frame. */
const SLACK = 5;
const EDGE = 36;
/** Pixels a frame at the very edge, and so much more for each pixel beyond. */
const PACE = 6;

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Places of the tiles that a box on the wall touches, rising. */
export function placesIn(l: Layout, box: Box): number[] {
  const column = (x: number): number => (x - l.left) / l.pitchX;
  const row = (y: number): number => (y - l.gap) / l.pitchY;
  const firstColumn = Math.max(0, Math.floor(column(box.left) + l.gap / l.pitchX));
  const lastColumn = Math.min(l.columns - 1, Math.floor(column(box.right)));
  const firstRow = Math.max(0, Math.floor(row(box.top) + l.gap / l.pitchY));
  const lastRow = Math.min(l.rows - 1, Math.floor(row(box.bottom)));
  const out: number[] = [];
  for (let r = firstRow; r <= lastRow; r++)
    for (let c = firstColumn; c <= lastColumn; c++) if (r * l.columns + c < l.total) out.push(r * l.columns + c);
  return out;
}

export function rangeOf(places: readonly number[]): Range {
  return { first: places[0] ?? 0, end: (places.at(-1) ?? -1) + 1 };
}

/** How far to scroll in a frame where the pointer is held at `y` of a view so high. */
export function paceAt(y: number, view: number): number {
  if (y < EDGE) return -Math.ceil(PACE + (EDGE - y) * 0.6);
  if (y > view - EDGE) return Math.ceil(PACE + (y - view + EDGE) * 0.6);
  return 0;
}

export interface BandEvents {
  /** A point of the screen on the wall. */
  under: (x: number, y: number) => { x: number; y: number };
  /** The frame is there or has changed; null: it is gone. `add`: beside what was selected. */
  over: (box: Box | null, add: boolean) => void;
  scrollBy: (by: number) => void;
}

export class Band {
  private from: { x: number; y: number; screenX: number; screenY: number; add: boolean; id: number } | null = null;
  private at = { x: 0, y: 0 };
  private frame = 0;
  /** The press has become a frame: the click that follows is none. */
  drawn = false;

  constructor(
    private readonly scroller: HTMLElement,
    private readonly events: BandEvents,
  ) {}

  down(event: PointerEvent): void {
    this.drawn = false;
    if (event.button !== 0 || event.pointerType === 'touch' || event.shiftKey) return;
    const box = this.scroller.getBoundingClientRect();
    if (event.clientX - box.left >= this.scroller.clientWidth) return; // the scroll bar
    const { x, y } = this.events.under(event.clientX, event.clientY);
    const add = event.ctrlKey || event.metaKey;
    this.from = { x, y, screenX: event.clientX, screenY: event.clientY, add, id: event.pointerId };
  }

  moved(event: PointerEvent): void {
    if (!this.from || event.pointerId !== this.from.id) return;
    this.at = { x: event.clientX, y: event.clientY };
    if (!this.drawn) {
      const far = Math.hypot(event.clientX - this.from.screenX, event.clientY - this.from.screenY);
      if (far < SLACK) return;
      this.drawn = true;
      this.scroller.setPointerCapture(event.pointerId);
    }
    this.tell();
    if (this.frame === 0) this.frame = requestAnimationFrame(this.tick);
  }

  up(): void {
    if (this.drawn && this.from) this.events.over(null, this.from.add);
    this.from = null;
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  private tell(): void {
    if (!this.from) return;
    const { x, y } = this.events.under(this.at.x, this.at.y);
    const box = {
      left: Math.min(x, this.from.x),
      right: Math.max(x, this.from.x),
      top: Math.min(y, this.from.y),
      bottom: Math.max(y, this.from.y),
    };
    this.events.over(box, this.from.add);
  }

  private tick = (): void => {
    this.frame = 0;
    if (!this.from || !this.drawn) return;
    const box = this.scroller.getBoundingClientRect();
    const by = paceAt(this.at.y - box.top, box.height);
    if (by === 0) return;
    this.events.scrollBy(by);
    this.tell();
    this.frame = requestAnimationFrame(this.tick);
  };
}
