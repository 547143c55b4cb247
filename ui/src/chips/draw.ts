/** How one tile looks on its canvas. */
import type { ChipRow, SchemeClass } from '../lib/types';
import type { Layout } from './layout';

export interface Palette {
  place: string;
  text: string;
  muted: string;
  line: string;
  font: string;
}

export interface Look {
  palette: Palette;
  classOf: (code: number) => SchemeClass | undefined;
  /** Opacity of the mask over the picture. */
  opacity: number;
  /** Whether the task's answers are masks: shares of classes are shown as a bar. */
  shares: boolean;
}

type Picture = ImageBitmap | null | undefined;

/** Shares of the labelled pixels, as the bar shows them; never 100 % where there is another class. */
function mixture(names: string[], shares: readonly number[]): string {
  const all = shares.reduce((sum, share) => sum + share, 0) || 1;
  const most = Math.max(1, Math.min(99, Math.round((100 * (shares[0] ?? 0)) / all)));
  const first = `${names[0]} ${most} %`;
  return names.length === 2 ? `${first}, ${names[1]} ${100 - most} %` : `${first} + ${names.length - 1} more`;
}

/** What a label says in a few words; null where there is none. */
export function wordsOf(chip: ChipRow, classOf: Look['classOf']): string | null {
  const label = chip.label;
  if (!label || (label.classes.length === 0 && !label.value)) return null;
  const names = label.classes.map((code) => classOf(code)?.title ?? `class ${code}`);
  if (label.shares && names.length > 1) return mixture(names, label.shares);
  const said = names.join(', ');
  if (label.value === 'negative') return `not ${said}`;
  if (label.value === 'unsure') return said ? `${said}?` : 'unsure';
  if (label.value === 'not-applicable' && !said) return 'not applicable';
  return said;
}

const fitted = new Map<string, string>();

/** The text, cut with an ellipsis where it is wider than `width`. */
function fit(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  const key = `${Math.round(width)}|${text}`;
  const known = fitted.get(key);
  if (known !== undefined) return known;
  let cut = text;
  if (ctx.measureText(text).width > width) {
    let n = text.length;
    while (n > 1 && ctx.measureText(`${text.slice(0, n)}…`).width > width) n--;
    cut = `${text.slice(0, n).trimEnd()}…`;
  }
  if (fitted.size > 5000) fitted.clear();
  fitted.set(key, cut);
  return cut;
}

function paste(ctx: CanvasRenderingContext2D, picture: ImageBitmap, x: number, y: number, tile: number): void {
  const longest = Math.max(picture.width, picture.height);
  const width = (picture.width / longest) * tile;
  const height = (picture.height / longest) * tile;
  ctx.drawImage(picture, x + (tile - width) / 2, y + (tile - height) / 2, width, height);
}

const marks = new Map<string, HTMLCanvasElement>();

/** A mark in the corner: filled in the class's colour, hollow for an unlabelled chip. Drawn once, then copied. */
function mark(
  ctx: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
  color: string | null,
  hollow: boolean,
): void {
  const ratio = ctx.getTransform().a;
  const key = `${radius}|${color}|${hollow}|${ratio}`;
  const half = Math.ceil(radius + 3);
  let sprite = marks.get(key);
  if (!sprite) {
    sprite = document.createElement('canvas');
    sprite.width = sprite.height = 2 * half * ratio;
    const own = sprite.getContext('2d', { willReadFrequently: true })!;
    own.setTransform(ratio, 0, 0, ratio, half * ratio, half * ratio);
    disc(own, radius, color, hollow);
    marks.set(key, sprite);
  }
  ctx.imageSmoothingEnabled = true;
  ctx.drawImage(sprite, x - half, y - half, 2 * half, 2 * half);
}

function disc(ctx: CanvasRenderingContext2D, radius: number, color: string | null, hollow: boolean): void {
  ctx.beginPath();
  ctx.arc(0, 0, radius, 0, 2 * Math.PI);
  if (color === null || hollow) {
    ctx.lineWidth = hollow ? 3 : 2.5;
    ctx.strokeStyle = 'rgb(0 0 0 / 0.45)';
    ctx.stroke();
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = color ?? 'rgb(255 255 255 / 0.75)';
    ctx.stroke();
    return;
  }
  ctx.fillStyle = color;
  ctx.fill();
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = 'rgb(255 255 255 / 0.9)';
  ctx.stroke();
}

function bar(
  ctx: CanvasRenderingContext2D,
  chip: ChipRow,
  look: Look,
  x: number,
  y: number,
  width: number,
  high: number,
): void {
  const label = chip.label;
  if (!label?.shares) return;
  const total = label.shares.reduce((a, b) => a + b, 0) || 1;
  let from = x;
  label.classes.forEach((code, i) => {
    const wide = (width * (label.shares![i] ?? 0)) / total;
    ctx.fillStyle = look.classOf(code)?.color ?? look.palette.muted;
    ctx.fillRect(from, y, wide, high);
    from += wide;
  });
}

function badge(ctx: CanvasRenderingContext2D, chip: ChipRow, look: Look, x: number, y: number, tile: number): void {
  const small = tile < 80;
  if (look.shares && chip.label?.shares?.length) {
    bar(ctx, chip, look, x, y + tile - (small ? 3 : 4), tile, small ? 3 : 4);
    return;
  }
  const radius = small ? 3.5 : 5;
  const inset = radius + (small ? 3 : 5);
  const codes = chip.label?.classes.slice(0, 4) ?? [];
  if (codes.length === 0) {
    mark(ctx, x + inset, y + tile - inset, radius - 0.5, null, false);
    return;
  }
  const hollow = chip.label?.value === 'negative' || chip.label?.value === 'unsure';
  codes.forEach((code, i) => {
    const color = look.classOf(code)?.color ?? look.palette.muted;
    mark(ctx, x + inset + i * radius * 1.5, y + tile - inset, radius, color, hollow);
  });
}

function caption(ctx: CanvasRenderingContext2D, l: Layout, chip: ChipRow, look: Look, x: number, y: number): void {
  const middle = y + l.tile + l.caption / 2 + 0.5;
  const clouds = chip.cloud_cover !== null && l.tile >= 112 ? `${Math.round(chip.cloud_cover)} %` : '';
  ctx.font = look.palette.font;
  ctx.textBaseline = 'middle';
  let right = x + l.tile - 2;
  if (clouds) {
    ctx.fillStyle = look.palette.muted;
    ctx.textAlign = 'right';
    ctx.fillText(clouds, right, middle);
    const wide = ctx.measureText(clouds).width;
    cloud(ctx, right - wide - 9, middle);
    right -= wide + 22;
  }
  ctx.textAlign = 'left';
  const said = wordsOf(chip, look.classOf);
  ctx.fillStyle = said === null ? look.palette.muted : look.palette.text;
  ctx.fillText(fit(ctx, fitting(ctx, said ?? 'unlabelled', right - x - 2), right - x - 2), x + 2, middle);
}

/** The whole text, or its first class where that alone fits: the bar above tells of the others. */
function fitting(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  const first = /^(.* %)(?:, | \+ )/.exec(text)?.[1];
  return first && ctx.measureText(text).width > width ? first : text;
}

function cloud(ctx: CanvasRenderingContext2D, x: number, y: number): void {
  ctx.beginPath();
  ctx.arc(x - 3, y + 1, 2.5, 0, 7);
  ctx.arc(x, y - 1, 3.5, 0, 7);
  ctx.arc(x + 3.5, y + 1, 2.5, 0, 7);
  ctx.rect(x - 3, y, 6.5, 3.5);
  ctx.fill();
}

/** Hatching where a chip has no data, so that it is not taken for one that is still to come. */
function nothing(ctx: CanvasRenderingContext2D, x: number, y: number, tile: number, palette: Palette): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(x, y, tile, tile);
  ctx.clip();
  ctx.beginPath();
  const gap = Math.max(6, Math.round(tile / 14));
  for (let at = -tile + gap / 2; at < tile; at += gap) {
    ctx.moveTo(x + at, y + tile);
    ctx.lineTo(x + at + tile, y);
  }
  ctx.lineWidth = 1;
  ctx.strokeStyle = palette.line;
  ctx.stroke();
  ctx.restore();
}

function say(ctx: CanvasRenderingContext2D, text: string, x: number, y: number, tile: number, palette: Palette): void {
  ctx.font = palette.font;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  const wide = ctx.measureText(text).width + 12;
  ctx.fillStyle = palette.place;
  ctx.fillRect(x + (tile - wide) / 2, y + tile / 2 - 10, wide, 20);
  ctx.fillStyle = palette.muted;
  ctx.fillText(text, x + tile / 2, y + tile / 2);
}

/** Draw one tile with its left upper corner at x, y; what was there is painted over. */
export function drawTile(
  ctx: CanvasRenderingContext2D,
  l: Layout,
  x: number,
  y: number,
  chip: ChipRow | undefined,
  picture: Picture,
  mask: Picture,
  look: Look,
): void {
  ctx.clearRect(x - 1, y - 1, l.tile + 2, l.tile + l.caption + 2);
  ctx.fillStyle = look.palette.place;
  ctx.fillRect(x, y, l.tile, l.tile);
  if (!chip || picture === undefined) {
    if (chip && l.caption > 0) caption(ctx, l, chip, look, x, y);
    return;
  }
  if (!picture || chip.valid_fraction < 1) nothing(ctx, x, y, l.tile, look.palette);
  if (picture) {
    ctx.imageSmoothingEnabled = Math.max(picture.width, picture.height) * 1.6 > l.tile;
    paste(ctx, picture, x, y, l.tile);
  }
  if (picture && chip.valid_fraction === 0 && l.tile >= 80) say(ctx, 'no data', x, y, l.tile, look.palette);
  if (mask && look.opacity > 0) {
    ctx.globalAlpha = look.opacity;
    ctx.imageSmoothingEnabled = false;
    paste(ctx, mask, x, y, l.tile);
    ctx.globalAlpha = 1;
  }
  badge(ctx, chip, look, x, y, l.tile);
  if (l.caption > 0) caption(ctx, l, chip, look, x, y);
}
