/**
 * Draws all views: pictures by one graphics context, labels and marks on layers of their own, so that a stroke redraws what
 * it changed and nothing else.
 */
import { Board, CanvasError, THEMES, toCanvas, type Look, type Shown, type Size, type View } from '../../canvas';
import type { Box } from '../contract';
import { union } from './boxes';
import { MarkLayer, type Marks } from './marks';
import { Sheet, type SheetSaid } from './sheet';

/** What a view shows; asked for when it is drawn. */
export interface Source {
  /** The picture; null where there is none, or another has drawn it. */
  picture: () => { look: Look; shown: Omit<Shown, 'cursor' | 'mask' | 'theme' | 'view'> } | null;
  /** Draws the picture itself, where it is not made of pixels; false: it does not. */
  paint?: (canvas: HTMLCanvasElement, size: Size) => boolean;
  view: (size: Size) => View;
  marks: () => Marks;
  /** Whether labels are drawn here. */
  labels: () => boolean;
}

interface Surface extends Source {
  canvases: { picture: HTMLCanvasElement; labels: HTMLCanvasElement; marks: HTMLCanvasElement };
  layer: MarkLayer;
  todo: Set<Part>;
}

export type Part = 'picture' | 'labels' | 'marks';
const ALL: Part[] = ['picture', 'labels', 'marks'];
/** Rims are drawn as lines from this zoom on, CSS pixels a pixel; below as pixels. */
export const LINES_FROM = 4;

export interface Figures {
  /** Milliseconds of the last frames, and what they drew. */
  frames: { ms: number; parts: string }[];
}

export class Screen {
  readonly sheet = new Sheet();
  readonly figures: Figures = { frames: [] };
  private board: Board | null = null;
  private readonly surfaces = new Map<string, Surface>();
  private said: (() => SheetSaid & { lines: boolean }) | null = null;
  private sheetAsked = false;
  private frame = 0;
  private theme: 'dark' | 'light' = 'dark';

  constructor(private readonly onproblem: (problem: CanvasError | null) => void) {
    try {
      this.board = new Board((lost) => {
        if (!this.board) return;
        onproblem(lost ? new CanvasError('the graphics card was taken away; waiting for it') : null);
        this.ask(null, 'picture');
      });
    } catch (error) {
      if (!(error instanceof CanvasError)) throw error;
      onproblem(error);
    }
  }

  add(key: string, canvases: Surface['canvases'], source: Source): () => void {
    this.surfaces.set(key, { ...source, canvases, layer: new MarkLayer(), todo: new Set(ALL) });
    this.soon();
    return () => {
      this.surfaces.delete(key);
      this.board?.keep(new Set(this.surfaces.keys()));
    };
  }

  /** What labels are; they are compared with what is drawn at the next frame. */
  labels(said: () => SheetSaid & { lines: boolean }): void {
    this.said = said;
    this.sheetAsked = true;
    this.soon();
  }

  look(theme: 'dark' | 'light'): void {
    this.theme = theme;
    for (const key of this.surfaces.keys()) this.ask(key, 'picture');
  }

  /** A part of one view, or of all, is to be drawn again. */
  ask(key: string | null, ...parts: Part[]): void {
    const asked = key === null ? [...this.surfaces.values()] : [this.surfaces.get(key)];
    for (const one of asked) for (const part of parts) one?.todo.add(part);
    this.soon();
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    this.board?.destroy();
    this.board = null;
    this.surfaces.clear();
  }

  private soon(): void {
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    this.frame = 0;
    const begun = performance.now();
    const said = this.said?.() ?? null;
    const dirty = said && this.sheetAsked ? this.sheet.update(said) : null;
    this.sheetAsked = false;
    const parts = new Set<string>(dirty ? ['stroke'] : []);
    for (const [key, one] of this.surfaces) {
      const sized = this.fit(one);
      for (const part of one.todo) parts.add(part);
      if (sized) for (const part of ALL) one.todo.add(part);
      if (one.todo.has('picture')) this.drawPicture(key, one);
      if (one.todo.has('labels')) this.drawLabels(one, said, null);
      else if (dirty) this.drawLabels(one, said, dirty);
      if (one.todo.has('marks')) this.drawMarks(one);
      one.todo.clear();
    }
    this.figures.frames.push({ ms: performance.now() - begun, parts: [...parts].join(' ') });
    if (this.figures.frames.length > 600) this.figures.frames.splice(0, 300);
  }

  /** The canvas of labels as large as it is seen; whether it was not. */
  private fit({ canvases: { labels, picture } }: Surface): boolean {
    const [width, height] = pixelsOf(picture);
    if (labels.width === width && labels.height === height) return false;
    [labels.width, labels.height] = [width, height];
    return true;
  }

  private drawPicture(key: string, one: Surface): void {
    const { picture: canvas } = one.canvases;
    const size = { width: canvas.clientWidth, height: canvas.clientHeight };
    if (one.paint?.(canvas, size)) return;
    const picture = one.picture();
    if (!picture || !this.board) {
      canvas.getContext('2d')?.clearRect(0, 0, canvas.width, canvas.height);
      return;
    }
    const shown = { ...picture.shown, mask: null, cursor: null, theme: THEMES[this.theme], view: one.view(size) };
    try {
      this.board.draw(key, picture.look, shown, canvas);
    } catch (error) {
      if (!(error instanceof CanvasError) && !(error instanceof RangeError)) throw error;
      this.onproblem(new CanvasError(error.message));
    }
  }

  private drawLabels(one: Surface, said: (SheetSaid & { lines: boolean }) | null, dirty: Box | null): void {
    const { labels: canvas } = one.canvases;
    const copy = canvas.getContext('2d', { willReadFrequently: true });
    const size = { width: canvas.clientWidth, height: canvas.clientHeight };
    if (!copy || !said || size.width === 0) return;
    const ratio = canvas.width / size.width;
    const view = one.view(size);
    const { sheet } = this;
    copy.save();
    if (dirty) {
      const [x, y] = toCanvas(view, dirty.x, dirty.y, size);
      const side = (length: number) => Math.ceil(length * view.zoom * ratio) + 4;
      copy.beginPath();
      copy.rect(Math.floor(x * ratio) - 2, Math.floor(y * ratio) - 2, side(dirty.width), side(dirty.height));
      copy.clip();
    }
    copy.clearRect(0, 0, canvas.width, canvas.height);
    if (one.labels() && sheet.cols > 0) {
      const [x, y] = toCanvas(view, 0, 0, size);
      const scale = view.zoom * ratio;
      copy.imageSmoothingEnabled = scale < 1;
      copy.drawImage(sheet.canvas, x * ratio, y * ratio, sheet.cols * scale, sheet.rows * scale);
      if (said.lines) drawRims(copy, sheet, said.opacity, view, size, ratio, dirty);
    }
    copy.restore();
  }

  private drawMarks(one: Surface): void {
    const { marks, picture } = one.canvases;
    const size = { width: picture.clientWidth, height: picture.clientHeight };
    if (size.width) one.layer.draw(marks, size, window.devicePixelRatio || 1, one.view(size), one.marks());
  }
}

function pixelsOf(canvas: HTMLCanvasElement): [number, number] {
  const ratio = window.devicePixelRatio || 1;
  return [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
}

/** Thin lines inside of each labelled area, only where they are seen. */
function drawRims(
  copy: CanvasRenderingContext2D,
  sheet: Sheet,
  opacity: number,
  view: View,
  size: Size,
  ratio: number,
  dirty: Box | null,
): void {
  const { codes, cols, rows, table } = sheet;
  const half = { x: size.width / 2 / view.zoom, y: size.height / 2 / view.zoom };
  const seen = { x: view.x - half.x - 1, y: view.y - half.y - 1, width: 2 * half.x + 2, height: 2 * half.y + 2 };
  const box = dirty ?? union(seen, null)!;
  const from = [Math.max(0, Math.floor(box.x) - 1), Math.max(0, Math.floor(box.y) - 1)] as const;
  const to = [
    Math.min(cols, Math.ceil(box.x + box.width) + 1),
    Math.min(rows, Math.ceil(box.y + box.height) + 1),
  ] as const;
  const width = 2 * ratio;
  const step = view.zoom * ratio;
  const [left, top] = toCanvas(view, 0, 0, size);
  const css = new Map<number, string>();
  copy.globalAlpha = opacity;
  for (let y = from[1]; y < to[1]; y++)
    for (let x = from[0], i = y * cols + x; x < to[0]; x++, i++) {
      const code = codes[i]!;
      const colour = table[code]!;
      if (code === 255 || colour === 0) continue;
      const west = x > 0 && codes[i - 1] !== code;
      const east = x < cols - 1 && codes[i + 1] !== code;
      const north = y > 0 && codes[i - cols] !== code;
      const south = y < rows - 1 && codes[i + cols] !== code;
      if (!(west || east || north || south)) continue;
      let style = css.get(code);
      if (!style) css.set(code, (style = `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255})`));
      copy.fillStyle = style;
      const [a, b] = [Math.round(left * ratio + x * step), Math.round(top * ratio + y * step)];
      const [c, d] = [Math.round(left * ratio + (x + 1) * step), Math.round(top * ratio + (y + 1) * step)];
      if (west) copy.fillRect(a, b, width, d - b);
      if (east) copy.fillRect(c - width, b, width, d - b);
      if (north) copy.fillRect(a, b, c - a, width);
      if (south) copy.fillRect(a, d - width, c - a, width);
    }
  copy.globalAlpha = 1;
}
