/** Draws the cells over the picture of the scene: the sheet, lines between cells, what is labelled, where one is. */
import { toCanvas, type Size, type View } from '../canvas';
import type { CellAnswer, Cells, Rect } from './cells';

export interface Shown {
  cells: Cells;
  /** One pixel a cell. */
  sheet: HTMLCanvasElement | null;
  answers: readonly CellAnswer[];
  /** Whether labelled cells are outlined. */
  highlight: boolean;
  color: string;
  /** The cell that the keyboard is at, and the one under the pointer; -1 for none. */
  cursor: number;
  hovered: number;
  /** Cells of the chips in the panel, and of the one that the keyboard is at there. */
  listed: readonly number[];
  pointed: number;
  selected: readonly number[];
}

/** The theme's colours. */
export interface Ink {
  pick: string;
  focus: string;
}

/** Lines between cells that are smaller would hide what they hold. */
const LINES_FROM = 18;
/** A sign inside the outline of an answer. */
const SIGN_FROM = 22;
const DARK = 'rgb(6 8 11 / 0.8)';

export function drawCells(copy: CanvasRenderingContext2D, view: View, size: Size, shown: Shown, ink: Ink): void {
  const { cells, sheet } = shown;
  const { width, height, stride } = cells.grid;
  const [x0, y0] = toCanvas(view, 0, 0, size);
  const pitch = stride * view.zoom;
  if (sheet) {
    copy.save();
    copy.beginPath();
    copy.rect(x0, y0, width * view.zoom, height * view.zoom);
    copy.clip();
    copy.imageSmoothingEnabled = false;
    copy.drawImage(sheet, x0, y0, cells.cols * pitch, cells.rows * pitch);
    if (pitch >= LINES_FROM) lines(copy, view, size, cells, x0, y0);
    copy.restore();
  }
  const rect = (index: number): Rect => {
    const at = cells.rectOf(index);
    const [x, y] = toCanvas(view, at.x, at.y, size);
    return { x, y, width: at.width * view.zoom, height: at.height * view.zoom };
  };
  const seen = ({ x, y, width: w, height: h }: Rect) => x + w > 0 && y + h > 0 && x < size.width && y < size.height;
  for (const index of shown.listed) corner(copy, rect(index));
  if (shown.highlight) {
    shown.answers.forEach((answer, index) => {
      if (answer === 'none') return;
      const at = rect(index);
      if (seen(at)) outlined(copy, at, answer, shown.color);
    });
  }
  for (const index of shown.selected) framed(copy, rect(index), ink.pick, 2);
  if (shown.pointed >= 0) framed(copy, rect(shown.pointed), '#ffffff', 2);
  if (shown.hovered >= 0 && shown.hovered !== shown.cursor) framed(copy, rect(shown.hovered), '#ffffffb0', 1);
  if (shown.cursor >= 0) framed(copy, rect(shown.cursor), ink.focus, 3);
}

function lines(copy: CanvasRenderingContext2D, view: View, size: Size, cells: Cells, x0: number, y0: number): void {
  const pitch = cells.grid.stride * view.zoom;
  const [right, bottom] = [x0 + cells.cols * pitch, y0 + cells.rows * pitch];
  copy.beginPath();
  for (let i = Math.max(0, Math.floor(-x0 / pitch)); i <= cells.cols && x0 + i * pitch <= size.width; i++) {
    const x = Math.round(x0 + i * pitch) + 0.5;
    copy.moveTo(x, Math.max(0, y0));
    copy.lineTo(x, Math.min(size.height, bottom));
  }
  for (let i = Math.max(0, Math.floor(-y0 / pitch)); i <= cells.rows && y0 + i * pitch <= size.height; i++) {
    const y = Math.round(y0 + i * pitch) + 0.5;
    copy.moveTo(Math.max(0, x0), y);
    copy.lineTo(Math.min(size.width, right), y);
  }
  copy.lineWidth = 1;
  copy.strokeStyle = 'rgb(255 255 255 / 0.16)';
  copy.stroke();
}

function framed(copy: CanvasRenderingContext2D, at: Rect, color: string, wide: number): void {
  const inset = wide / 2;
  const [x, y] = [Math.round(at.x) + inset, Math.round(at.y) + inset];
  const [w, h] = [Math.max(2, Math.round(at.width) - wide), Math.max(2, Math.round(at.height) - wide)];
  copy.lineWidth = wide + 2;
  copy.strokeStyle = DARK;
  copy.strokeRect(x, y, w, h);
  copy.lineWidth = wide;
  copy.strokeStyle = color;
  copy.strokeRect(x, y, w, h);
}

/** Full and in the class's colour where it is there, pale and struck where it is not, dotted where nobody could tell. */
function outlined(copy: CanvasRenderingContext2D, at: Rect, answer: CellAnswer, color: string): void {
  const small = Math.min(at.width, at.height) < SIGN_FROM;
  const there = answer === 'positive';
  const inset = small || !there ? 1 : 2;
  const [x, y] = [at.x + inset, at.y + inset];
  const [w, h] = [Math.max(1, at.width - 2 * inset), Math.max(1, at.height - 2 * inset)];
  const wide = there ? (small ? 1.5 : 2) : 1;
  copy.lineWidth = wide + 2;
  copy.strokeStyle = DARK;
  copy.strokeRect(x, y, w, h);
  copy.lineWidth = wide;
  copy.strokeStyle = there ? color : answer === 'negative' ? '#aab4bf' : '#ffffff';
  if (answer === 'unsure') copy.setLineDash([3, 3]);
  copy.strokeRect(x, y, w, h);
  copy.setLineDash([]);
  if (small) return;
  sign(copy, x + 8, y + h - 8, answer, color);
}

function sign(copy: CanvasRenderingContext2D, x: number, y: number, answer: CellAnswer, color: string): void {
  copy.beginPath();
  copy.arc(x, y, 5, 0, 7);
  copy.fillStyle = answer === 'positive' ? color : DARK;
  copy.fill();
  copy.lineWidth = 1.5;
  copy.strokeStyle = answer === 'positive' ? '#ffffff' : '#e8ecf1';
  copy.stroke();
  if (answer === 'negative') {
    copy.beginPath();
    copy.moveTo(x - 2.5, y);
    copy.lineTo(x + 2.5, y);
    copy.stroke();
  } else if (answer === 'unsure') {
    copy.font = '700 9px sans-serif';
    copy.textAlign = 'center';
    copy.textBaseline = 'middle';
    copy.fillStyle = '#ffffff';
    copy.fillText('?', x, y + 0.5);
  }
}

/** A small corner on the cells that the panel asks about. */
function corner(copy: CanvasRenderingContext2D, at: Rect): void {
  const long = Math.max(3, Math.min(9, Math.min(at.width, at.height) / 3));
  copy.beginPath();
  copy.moveTo(at.x + 1, at.y + 1);
  copy.lineTo(at.x + 1 + long, at.y + 1);
  copy.lineTo(at.x + 1, at.y + 1 + long);
  copy.closePath();
  copy.fillStyle = '#ffffff';
  copy.fill();
  copy.lineWidth = 1;
  copy.strokeStyle = DARK;
  copy.stroke();
}
