import { beforeEach, describe, expect, it } from 'vitest';
import { blinker, fade, seeWhole, turnLayer, turnOverlay, turnStretch, walkPixel, zoomBy } from './commands';
import { defaultChoice } from './choice';
import { ChipState } from './state.svelte';
import type { ChipDetail } from '../lib/types';

const detail = {
  chip: { id: 'a_0_0_0', width: 64, height: 32 },
  bands: [{ name: 'red', scale: 1, offset: 0, nodata: null }],
  layers: [
    { name: 'natural', title: 'Natural colour', bands: ['red'] },
    { name: 'red', title: 'red', bands: ['red'] },
  ],
  indices: [{ name: 'NDWI', title: 'Water', formula: 'red', bands: ['red'] }],
} as unknown as ChipDetail;
const canvas = { width: 640, height: 640 };
let chip: ChipState;

beforeEach(() => {
  chip = new ChipState();
  chip.detail = detail;
  chip.choice = defaultChoice(detail);
});

describe('what keys do', () => {
  it('goes through layers and indices, round and round', () => {
    const seen = [];
    for (let i = 0; i < 3; i++) {
      turnLayer(chip, 1);
      seen.push(JSON.stringify(chip.choice!.source));
    }
    expect(seen.map((one) => (JSON.parse(one) as { name: string }).name)).toEqual(['red', 'NDWI', 'natural']);
    turnLayer(chip, -1);
    expect(chip.choice!.source).toEqual({ kind: 'index', name: 'NDWI' });
  });

  it('switches the same overlay off and on', () => {
    const blink = blinker();
    turnOverlay(chip, 1);
    turnOverlay(chip, 1);
    expect(chip.choice!.overlay).toBe('outline');
    blink(chip);
    expect(chip.choice!.overlay).toBe('none');
    blink(chip);
    expect(chip.choice!.overlay).toBe('outline');
  });

  it('keeps the opacity between 0 and 1, in whole percents', () => {
    for (let i = 0; i < 7; i++) fade(chip, 0.1);
    expect(chip.choice!.opacity).toBe(1);
    for (let i = 0; i < 3; i++) fade(chip, -0.1);
    expect(chip.choice!.opacity).toBe(0.7);
  });

  it('turns the stretch', () => {
    const seen = [0, 1, 2].map(() => (turnStretch(chip), chip.choice!.stretch));
    expect(seen).toEqual(['chip', 'full', 'scene']);
  });

  it('marks the middle first, then walks, and stops at the edge', () => {
    walkPixel(chip, 0, 1, canvas);
    expect(chip.pinned).toEqual({ row: 16, col: 32 });
    walkPixel(chip, -1, 0, canvas);
    expect(chip.pinned).toEqual({ row: 15, col: 32 });
    walkPixel(chip, -40, 99, canvas);
    expect(chip.pinned).toEqual({ row: 0, col: 63 });
  });

  it('takes the view along to a pixel out of sight', () => {
    zoomBy(chip, 8, canvas);
    walkPixel(chip, 0, 0, canvas);
    walkPixel(chip, -16, -32, canvas);
    expect(chip.view.x).toBeCloseTo(0.5);
    expect(chip.view.y).toBeCloseTo(0.5);
    seeWhole(chip);
    expect(chip.view.fit).toBe(true);
  });
});
