/** What is said of a chip, as a small sign on its tile: class colour and sign; drawn once each, then copied. */
import type { ChipLabel, ChipRow, SchemeClass } from '../lib/types';

export type Sign = 'positive' | 'negative' | 'unsure' | 'not-applicable' | 'guess';

export interface Mark {
  sign: Sign;
  color: string;
  /** Number key of the class, on a large badge. */
  key: string;
}

const GREY = '#8b95a1';
const MOST = 4;

/** Signs for a chip, the most important first. */
export function marksOf(
  chip: ChipRow,
  classOf: (code: number) => SchemeClass | undefined,
  keyOf: (code: number) => string,
  inHand: number | null,
): Mark[] {
  const { label } = chip;
  const of =
    (sign: Sign) =>
    (code: number): Mark => ({ sign, color: classOf(code)?.color ?? GREY, key: keyOf(code) });
  if (!label || label.value === null) {
    return chip.guess === null || chip.guess === undefined ? [] : [of('guess')(chip.guess)];
  }
  if (label.value === 'unsure' || label.value === 'not-applicable')
    return [{ sign: label.value, color: GREY, key: '' }];
  const told = automated(label) ? of('guess') : of('positive');
  const denied = [...(label.negative ?? [])].sort((a, b) => Number(b === inHand) - Number(a === inHand));
  const shown = label.classes.length === 0 ? denied : denied.filter((code) => code === inHand);
  return [...label.classes.map(told), ...shown.map(of('negative'))].slice(0, MOST);
}

function automated(label: ChipLabel): boolean {
  return label.methods.length === 1 && label.methods[0] === 'automated';
}

/** Radius of a badge on a tile of this size. */
export function radiusOf(tile: number): number {
  return tile < 72 ? 5 : tile < 104 ? 6.5 : 8.5;
}

const sprites = new Map<string, HTMLCanvasElement>();

/** One sign with its middle at x, y. */
export function drawMark(
  ctx: CanvasRenderingContext2D,
  x: number,
  y: number,
  radius: number,
  mark: Mark,
  struck: boolean,
  font: string,
): void {
  const ratio = ctx.getTransform().a;
  const key = `${mark.sign}|${mark.color}|${mark.key}|${struck}|${radius}|${ratio}|${font}`;
  const half = Math.ceil(radius + 4);
  let sprite = sprites.get(key);
  if (!sprite) {
    if (sprites.size > 400) sprites.clear();
    sprite = document.createElement('canvas');
    sprite.width = sprite.height = 2 * half * ratio;
    const own = sprite.getContext('2d', { willReadFrequently: true })!;
    own.setTransform(ratio, 0, 0, ratio, half * ratio, half * ratio);
    paint(own, radius, mark, font);
    if (struck) strike(own, radius);
    sprites.set(key, sprite);
  }
  ctx.imageSmoothingEnabled = true;
  ctx.drawImage(sprite, x - half, y - half, 2 * half, 2 * half);
}

function paint(ctx: CanvasRenderingContext2D, radius: number, { sign, color, key }: Mark, font: string): void {
  const filled = sign === 'positive';
  ctx.beginPath();
  ctx.arc(0, 0, radius, 0, 2 * Math.PI);
  ctx.fillStyle = filled ? color : sign === 'guess' ? 'rgb(12 15 19 / 0.35)' : 'rgb(12 15 19 / 0.82)';
  ctx.fill();
  ctx.lineWidth = 3;
  ctx.strokeStyle = 'rgb(0 0 0 / 0.5)';
  ctx.stroke();
  ctx.lineWidth = 1.5;
  ctx.strokeStyle = filled
    ? 'rgb(255 255 255 / 0.95)'
    : sign === 'not-applicable' || sign === 'unsure'
      ? '#e8ecf1'
      : color;
  ctx.stroke();
  if (filled) {
    if (radius >= 8 && key) letter(ctx, key, inkOn(color), font);
    return;
  }
  ctx.lineCap = 'round';
  ctx.lineWidth = radius >= 8 ? 2.2 : 1.8;
  ctx.strokeStyle = sign === 'negative' ? '#ffffff' : '#e8ecf1';
  const arm = radius * 0.46;
  ctx.beginPath();
  if (sign === 'negative') line(ctx, -arm, 0, arm, 0);
  else if (sign === 'not-applicable') {
    line(ctx, -arm * 0.85, -arm * 0.85, arm * 0.85, arm * 0.85);
    line(ctx, -arm * 0.85, arm * 0.85, arm * 0.85, -arm * 0.85);
  } else if (sign === 'unsure') {
    if (radius >= 6) letter(ctx, '?', '#ffffff', font);
    else line(ctx, 0, 0, 0, 0.1);
  }
  ctx.stroke();
}

function line(ctx: CanvasRenderingContext2D, x: number, y: number, toX: number, toY: number): void {
  ctx.moveTo(x, y);
  ctx.lineTo(toX, toY);
}

function letter(ctx: CanvasRenderingContext2D, text: string, ink: string, font: string): void {
  ctx.font = `700 ${font}`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = ink;
  ctx.fillText(text, 0, 0.75);
}

/** A bar through the sign: the chip does not train. */
function strike(ctx: CanvasRenderingContext2D, radius: number): void {
  const reach = radius + 2.5;
  for (const [width, color] of [
    [4.5, 'rgb(0 0 0 / 0.75)'],
    [2, '#ffffff'],
  ] as const) {
    ctx.lineWidth = width;
    ctx.lineCap = 'round';
    ctx.strokeStyle = color;
    ctx.beginPath();
    line(ctx, -reach * 0.75, reach * 0.75, reach * 0.75, -reach * 0.75);
    ctx.stroke();
  }
}

/** Black or white, whichever stands out on a colour (#rrggbb); relative luminance as in WCAG 2. */
export function inkOn(color: string): string {
  const [r, g, b] = [1, 3, 5]
    .map((at) => parseInt(color.slice(at, at + 2), 16) / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.19 ? '#0c0f13' : '#ffffff';
}
