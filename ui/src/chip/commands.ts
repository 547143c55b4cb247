/** What keys and buttons do to a chip's page. */
import { panBy, settle, zoomAt, OVERLAYS, type OverlayMode, type Size } from '../canvas';
import { withOverlay } from './choice';
import type { LookState } from './look.svelte';
import type { ChipState } from './state.svelte';

export const SIDES = { ArrowUp: 'north', ArrowDown: 'south', ArrowLeft: 'west', ArrowRight: 'east' } as const;
export type Side = (typeof SIDES)[keyof typeof SIDES];

/** Closer or farther, about the middle of what is seen. */
export function zoomBy(chip: ChipState, factor: number, canvas: Size): void {
  const view = settle(chip.view, chip.image, canvas);
  chip.view = zoomAt(view, factor, { x: canvas.width / 2, y: canvas.height / 2 }, chip.image, canvas);
}

export function seeWhole(chip: ChipState): void {
  chip.view = { ...chip.view, fit: true };
}

/** Walks the marked pixel; the first step marks the one in the middle of what is seen. */
export function walkPixel(chip: ChipState, rows: number, cols: number, canvas: Size): void {
  const view = settle(chip.view, chip.image, canvas);
  const inside = (value: number, most: number) => Math.min(most - 1, Math.max(0, Math.floor(value)));
  const from = chip.pinned;
  const row = inside(from ? from.row + rows : view.y, chip.image.height);
  const col = inside(from ? from.col + cols : view.x, chip.image.width);
  chip.pinned = { row, col };
  chip.hovered = null;
  const outX = Math.abs(col + 0.5 - view.x) * view.zoom > canvas.width / 2 - 8;
  const outY = Math.abs(row + 0.5 - view.y) * view.zoom > canvas.height / 2 - 8;
  if (outX || outY) {
    const dx = outX ? (view.x - (col + 0.5)) * view.zoom : 0;
    const dy = outY ? (view.y - (row + 0.5)) * view.zoom : 0;
    chip.view = panBy(view, dx, dy, chip.image);
  }
}

/** The next layer or index, round and round. */
export function turnLayer(chip: ChipState, by: number): void {
  const { detail, choice } = chip;
  if (!detail || !choice) return;
  const all = [
    ...detail.layers.map((one) => ({ kind: 'layer' as const, name: one.name })),
    ...detail.indices.map((one) => ({ kind: 'index' as const, name: one.name })),
  ];
  const { source, stretch } = choice;
  const at = all.findIndex((one) => one.kind === source.kind && 'name' in source && one.name === source.name);
  const next = all[(at + by + all.length) % all.length];
  if (next) chip.change({ source: next, ranges: [], stretch: stretch === 'manual' ? 'scene' : stretch });
}

export function turnOverlay(chip: ChipState, by: number): void {
  if (!chip.choice) return;
  const at = OVERLAYS.indexOf(chip.choice.overlay);
  chip.change(withOverlay(chip.choice, OVERLAYS[(at + by + OVERLAYS.length) % OVERLAYS.length]!));
}

/** Switches the overlay off, and the same one on again. */
export function blinker(): (chip: ChipState) => void {
  let last: OverlayMode = 'class';
  return (chip) => {
    if (!chip.choice) return;
    const { overlay } = chip.choice;
    if (overlay !== 'none') last = overlay;
    chip.change(withOverlay(chip.choice, overlay === 'none' ? last : 'none'));
  };
}

export function fade(chip: ChipState, by: number): void {
  if (!chip.choice) return;
  const opacity = Math.min(1, Math.max(0, chip.choice.opacity + by));
  chip.change({ opacity: Math.round(opacity * 100) / 100 });
}

export function turnStretch(chip: LookState): void {
  if (!chip.choice) return;
  const order = ['scene', 'chip', 'full'] as const;
  const at = order.indexOf(chip.choice.stretch as (typeof order)[number]);
  chip.change({ stretch: order[(at + 1) % order.length]!, ranges: [] });
}
