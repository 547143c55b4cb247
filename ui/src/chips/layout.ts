/** Where tiles lie on the wall. Pure arithmetic: no DOM. */

/** Sizes that the slider offers, in CSS pixels. */
export const SIZES = { least: 48, most: 256, step: 8, usual: 128 } as const;

/** Browsers cap the height of an element (Firefox near 17.8 million px); walls beyond this are scrolled by {@link Scroll}. */
export const TALLEST = 12_000_000;

const CAPTION = 22;
const CAPTION_FROM = 88;
const BAND = 320;

export interface Layout {
  total: number;
  columns: number;
  rows: number;
  /** Edge of a picture. */
  tile: number;
  gap: number;
  /** Height of the line under a picture; 0 without. */
  caption: number;
  pitchX: number;
  pitchY: number;
  /** Space left of the first column. */
  left: number;
  /** Rows drawn on one canvas. */
  bandRows: number;
  bands: number;
  height: number;
}

/** A wall of `total` tiles of about `size` in `width`: as many columns as fit, grown to fill the width. */
export function layout(total: number, width: number, size: number, captions: boolean): Layout {
  const gap = size < 96 ? 2 : 4;
  const usable = Math.max(size, width - 2 * gap);
  const columns = Math.max(1, Math.floor((usable + gap) / (size + gap)));
  const tile = Math.floor((usable - (columns - 1) * gap) / columns);
  const caption = captions && size >= CAPTION_FROM ? CAPTION : 0;
  const pitchX = tile + gap;
  const pitchY = tile + caption + gap;
  const rows = Math.ceil(total / columns);
  const bandRows = Math.max(1, Math.round(BAND / pitchY));
  const left = Math.max(gap, Math.floor((width - (columns * pitchX - gap)) / 2));
  return {
    total,
    columns,
    rows,
    tile,
    gap,
    caption,
    pitchX,
    pitchY,
    left,
    bandRows,
    bands: Math.ceil(rows / bandRows),
    height: rows * pitchY + gap,
  };
}

export interface Place {
  x: number;
  y: number;
}

/** Upper left corner of a tile on the wall. */
export function placeOf(l: Layout, index: number): Place {
  return { x: l.left + (index % l.columns) * l.pitchX, y: l.gap + Math.floor(index / l.columns) * l.pitchY };
}

/** The tile under a point of the wall, or null in a gap, beside the columns or behind the last one. */
export function tileAt(l: Layout, x: number, y: number): number | null {
  const column = Math.floor((x - l.left) / l.pitchX);
  const row = Math.floor((y - l.gap) / l.pitchY);
  if (column < 0 || column >= l.columns || row < 0) return null;
  if (x - l.left - column * l.pitchX >= l.tile || y - l.gap - row * l.pitchY >= l.tile + l.caption) return null;
  const index = row * l.columns + column;
  return index < l.total ? index : null;
}

/** Half-open range of numbers. */
export interface Range {
  first: number;
  end: number;
}

/** Tiles that a view of the wall from `top` shows, with `margin` px above and below. */
export function tilesIn(l: Layout, top: number, view: number, margin = 0): Range {
  const first = Math.max(0, Math.floor((top - margin - l.gap) / l.pitchY));
  const end = Math.min(l.rows, Math.ceil((top + view + margin - l.gap) / l.pitchY));
  return { first: Math.min(first * l.columns, l.total), end: Math.max(0, Math.min(end * l.columns, l.total)) };
}

/** Bands (canvases) that a view of the wall from `top` needs. */
export function bandsIn(l: Layout, top: number, view: number, margin = 0): Range {
  const high = l.bandRows * l.pitchY;
  const first = Math.max(0, Math.floor((top - margin - l.gap) / high));
  return { first: Math.min(first, l.bands), end: Math.min(l.bands, Math.ceil((top + view + margin - l.gap) / high)) };
}

/** Tiles of one band. */
export function tilesOf(l: Layout, band: number): Range {
  const count = l.bandRows * l.columns;
  return { first: band * count, end: Math.min(l.total, (band + 1) * count) };
}

/** Where to scroll so that a tile is whole in view; the present place where it already is. */
export function reveal(l: Layout, index: number, top: number, view: number): number {
  const y = placeOf(l, index).y;
  if (y - l.gap < top) return Math.max(0, y - l.gap);
  const below = y + l.pitchY - view;
  return below > top ? below : top;
}

export type Step = 'left' | 'right' | 'up' | 'down' | 'home' | 'end' | 'rowstart' | 'rowend' | 'pageup' | 'pagedown';

/** The tile that a key leads to. Up and down stay where there is no tile; a page keeps the column. */
export function step(l: Layout, index: number, by: Step, view: number): number {
  const page = Math.max(1, Math.floor(view / l.pitchY)) * l.columns;
  const column = index % l.columns;
  const last = l.total - 1;
  const inColumn = (to: number): number => {
    if (to < 0) return column;
    if (to <= last) return to;
    const bottom = last - ((((last - column) % l.columns) + l.columns) % l.columns);
    return Math.max(index, bottom);
  };
  switch (by) {
    case 'left':
      return Math.max(0, index - 1);
    case 'right':
      return Math.min(last, index + 1);
    case 'up':
      return index - l.columns < 0 ? index : index - l.columns;
    case 'down':
      return inColumn(index + l.columns);
    case 'home':
      return 0;
    case 'end':
      return last;
    case 'rowstart':
      return index - column;
    case 'rowend':
      return Math.min(last, index - column + l.columns - 1);
    case 'pageup':
      return inColumn(index - page);
    case 'pagedown':
      return inColumn(index + page);
  }
}

/**
 * Scrolling of a wall that may be taller than an element can be.
 *
 * `top` is where the view is on the wall, `shift` what to take from a wall position to place it in the element. A small
 * step of the scroll bar is the same step on the wall; a leap (the bar was dragged) goes to the same share of it.
 */
export class Scroll {
  top = 0;
  shift = 0;
  private bar = 0;

  constructor(
    public height = 0,
    public view = 0,
  ) {}

  /** Height for the element inside the scroller. */
  get inner(): number {
    return Math.min(this.height, Math.max(TALLEST, this.view));
  }

  private get most(): number {
    return Math.max(0, this.height - this.view);
  }

  private get barMost(): number {
    return Math.max(0, this.inner - this.view);
  }

  /** The wall's or the view's size changed; the place stays as far as it can. */
  resize(height: number, view: number): void {
    this.height = height;
    this.view = view;
    this.go(this.top);
  }

  /** Go to a place; the answer is the scroll bar's position for it. */
  go(top: number): number {
    this.top = Math.min(Math.max(0, top), this.most);
    this.bar = this.most === this.barMost ? this.top : Math.round((this.top / this.most) * this.barMost);
    this.shift = this.top - this.bar;
    return this.bar;
  }

  /** The scroll bar moved. True where the bar must be set anew (with {@link settle}). */
  moved(bar: number): boolean {
    const by = bar - this.bar;
    this.bar = bar;
    if (this.most === this.barMost) {
      this.top = bar;
      return false;
    }
    if (Math.abs(by) > this.view) this.top = Math.round((bar / this.barMost) * this.most);
    else this.top = Math.min(Math.max(0, this.top + by), this.most);
    const end = bar <= 0 ? 0 : bar >= this.barMost ? this.most : null;
    if (end !== null && Math.abs(this.top - end) <= this.view) this.top = end;
    this.shift = this.top - bar;
    return end !== null && this.top !== end;
  }

  /** The scroll bar's position that fits the place; set when scrolling has ended, so that no drift adds up. */
  settle(): number {
    return this.go(this.top);
  }
}
