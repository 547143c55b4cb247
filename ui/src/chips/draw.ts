/** How one tile looks on its canvas. */
import type { ChipRow, SchemeClass } from '../lib/types';
import { drawMark, marksOf, radiusOf } from './badge';
import type { Layout } from './layout';

export interface Palette {
  place: string;
  text: string;
  muted: string;
  line: string;
  accent: string;
  font: string;
}

export interface Look {
  palette: Palette;
  classOf: (code: number) => SchemeClass | undefined;
  /** Number key of a class; empty where it has none. */
  keyOf: (code: number) => string;
  /** The class in hand where chips have several: what is said of it goes first. */
  inHand: number | null;
  /** The row with what was answered since it came. */
  shown: (row: ChipRow) => ChipRow;
  selected: (id: string) => boolean;
  /** Said small on the right in place of the clouds: a score, why a chip was suggested. */
  aside?: (chip: ChipRow) => string;
  /** Said of a chip that nobody answered, in place of the model's guess. */
  unsaid?: (chip: ChipRow) => string;
  /** Colour of what the score is of, a dot before it: not the label that stands on the left. */
  asideOf?: string | null;
  /** Chips without a label stand back. */
  highlight: boolean;
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
  if (label.value === 'unsure') return 'unsure';
  if (label.value === 'not-applicable') return label.reason ? `not applicable: ${label.reason}` : 'not applicable';
  const nameOf = (code: number): string => classOf(code)?.title ?? `class ${code}`;
  const names = label.classes.map(nameOf);
  if (label.shares && names.length > 1) return mixture(names, label.shares);
  const without = (label.negative ?? []).map(nameOf);
  if (names.length === 0) return without.length ? `not ${without.join(', ')}` : 'nothing here'; // no shape was found
  return names.join(', ');
}

/** The class that the model holds most likely, for a chip that nobody answered. */
function guessOf(chip: ChipRow, classOf: Look['classOf']): string | null {
  const { guess, guess_score: score } = chip;
  if (guess === null || guess === undefined) return null;
  const name = classOf(guess)?.title ?? `class ${guess}`;
  return score === null || score === undefined ? `${name}?` : `${name}? ${Math.floor(100 * score)} %`;
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
  const marks = marksOf(chip, look.classOf, look.keyOf, look.inHand);
  const radius = radiusOf(tile);
  const inset = radius + (small ? 3 : 5);
  marks.forEach((mark, i) =>
    drawMark(
      ctx,
      x + inset + i * (2 * radius + 3),
      y + tile - inset,
      radius,
      mark,
      chip.training === false,
      look.palette.font,
    ),
  );
}

/** A frame inside the tile, light and dark, so that it stands out on every picture. */
function ring(ctx: CanvasRenderingContext2D, x: number, y: number, tile: number, color: string): void {
  ctx.globalAlpha = 0.18;
  ctx.fillStyle = color;
  ctx.fillRect(x, y, tile, tile);
  ctx.globalAlpha = 1;
  const wide = tile < 72 ? 2.5 : 3.5;
  ctx.lineWidth = wide;
  ctx.strokeStyle = color;
  ctx.strokeRect(x + wide / 2, y + wide / 2, tile - wide, tile - wide);
  ctx.lineWidth = 1;
  ctx.strokeStyle = 'rgb(0 0 0 / 0.55)';
  ctx.strokeRect(x + wide + 0.5, y + wide + 0.5, tile - 2 * wide - 1, tile - 2 * wide - 1);
}

function caption(ctx: CanvasRenderingContext2D, l: Layout, chip: ChipRow, look: Look, x: number, y: number): void {
  const middle = y + l.tile + l.caption / 2 + 0.5;
  const aside = look.aside?.(chip) ?? '';
  const clouds = !aside && chip.cloud_cover !== null && l.tile >= 112 ? `${Math.round(chip.cloud_cover)} %` : '';
  ctx.font = look.palette.font;
  ctx.textBaseline = 'middle';
  let right = x + l.tile - 2;
  if (aside) {
    ctx.fillStyle = look.palette.muted;
    ctx.textAlign = 'right';
    ctx.fillText(aside, right, middle);
    right -= ctx.measureText(aside).width + 8;
    if (look.asideOf && /\d/.test(aside)) {
      ctx.fillStyle = look.asideOf;
      ctx.beginPath();
      ctx.arc(right + 1, middle - 0.5, 3.5, 0, 7);
      ctx.fill();
      right -= 10;
    }
  } else if (clouds) {
    ctx.fillStyle = look.palette.muted;
    ctx.textAlign = 'right';
    ctx.fillText(clouds, right, middle);
    const wide = ctx.measureText(clouds).width;
    cloud(ctx, right - wide - 9, middle);
    right -= wide + 22;
  }
  ctx.textAlign = 'left';
  const said = wordsOf(chip, look.classOf);
  const text = said ?? look.unsaid?.(chip) ?? guessOf(chip, look.classOf) ?? 'unlabelled';
  ctx.fillStyle = said === null ? look.palette.muted : look.palette.text;
  ctx.fillText(fit(ctx, fitting(ctx, text, right - x - 2), right - x - 2), x + 2, middle);
}

/**
 * The whole text, or its first class where that alone fits: the bar above tells of the others. A guess goes without its
 * figure before its class is cut.
 */
function fitting(ctx: CanvasRenderingContext2D, text: string, width: number): string {
  if (ctx.measureText(text).width <= width) return text;
  return /^(.* %)(?:, | \+ )/.exec(text)?.[1] ?? /^(.*\?) \d+ %$/.exec(text)?.[1] ?? text;
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
  row: ChipRow | undefined,
  picture: Picture,
  mask: Picture,
  look: Look,
): void {
  const chip = row && look.shown(row);
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
  if (look.highlight && wordsOf(chip, look.classOf) === null) {
    ctx.globalAlpha = 0.68;
    ctx.fillStyle = look.palette.place;
    ctx.fillRect(x, y, l.tile, l.tile);
    ctx.globalAlpha = 1;
  }
  if (look.selected(chip.id)) ring(ctx, x, y, l.tile, look.palette.accent);
  badge(ctx, chip, look, x, y, l.tile);
  if (l.caption > 0) caption(ctx, l, chip, look, x, y);
}
