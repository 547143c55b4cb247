import { describe, expect, it } from 'vitest';
import { TALLEST, Scroll, bandsIn, layout, placeOf, reveal, step, tileAt, tilesIn, tilesOf } from './layout';

describe('layout', () => {
  it('fills the width at every size', () => {
    for (let size = 48; size <= 256; size += 8) {
      for (const width of [320, 1264, 1905]) {
        const l = layout(100_000, width, size, true);
        const used = l.columns * l.pitchX - l.gap;
        expect(used).toBeLessThanOrEqual(width);
        expect(width - used).toBeLessThan(l.columns + 2 * l.gap + 1);
        expect(l.tile).toBeGreaterThanOrEqual(size);
        expect(l.rows * l.columns).toBeGreaterThanOrEqual(100_000);
      }
    }
  });

  it('finds each tile where it places it', () => {
    const l = layout(997, 1264, 128, true);
    for (let i = 0; i < l.total; i++) {
      const { x, y } = placeOf(l, i);
      expect(tileAt(l, x, y)).toBe(i);
      expect(tileAt(l, x + l.tile - 1, y + l.tile - 1)).toBe(i);
      expect(tileAt(l, x + l.tile, y)).toBeNull();
    }
    expect(tileAt(l, 0, 0)).toBeNull();
    const { x, y } = placeOf(l, l.total);
    expect(tileAt(l, x, y)).toBeNull();
  });

  it('covers the view with tiles and bands', () => {
    const l = layout(100_000, 1264, 64, false);
    for (const top of [0, 777, 123_456, l.height - 800]) {
      const tiles = tilesIn(l, top, 800);
      const bands = bandsIn(l, top, 800);
      expect(tilesOf(l, bands.first).first).toBeLessThanOrEqual(tiles.first);
      expect(tilesOf(l, bands.end - 1).end).toBeGreaterThanOrEqual(tiles.end);
      expect(bands.end - bands.first).toBeLessThan(6);
    }
    expect(tilesIn(l, l.height - 800, 800).end).toBe(100_000);
    expect(tilesIn(layout(0, 1264, 64, false), 0, 800)).toEqual({ first: 0, end: 0 });
  });

  it('reveals a tile with the least movement', () => {
    const l = layout(1000, 1264, 128, false);
    expect(reveal(l, 0, 500, 800)).toBe(0);
    expect(reveal(l, 0, 0, 800)).toBe(0);
    const there = reveal(l, 999, 0, 800);
    expect(there).toBe(l.height - 800);
    expect(reveal(l, 999, there, 800)).toBe(there);
  });
});

describe('step', () => {
  const l = layout(103, 1264, 128, false); // 9 columns, the last row is short
  it('moves as a grid does', () => {
    expect(l.columns).toBe(9);
    expect(step(l, 0, 'left', 800)).toBe(0);
    expect(step(l, 8, 'right', 800)).toBe(9);
    expect(step(l, 4, 'up', 800)).toBe(4);
    expect(step(l, 4, 'down', 800)).toBe(13);
    expect(step(l, 98, 'down', 800)).toBe(98); // column 8 has nothing below
    expect(step(l, 13, 'rowstart', 800)).toBe(9);
    expect(step(l, 13, 'rowend', 800)).toBe(17);
    expect(step(l, 102, 'rowend', 800)).toBe(102);
    expect(step(l, 4, 'end', 800)).toBe(102);
    expect(step(l, 102, 'home', 800)).toBe(0);
  });
  it('turns pages in its column, up to the last tile of it', () => {
    const page = Math.floor(800 / l.pitchY) * 9;
    expect(step(l, 4, 'pagedown', 800)).toBe(4 + page);
    expect(step(l, 76, 'pagedown', 800)).toBe(94);
    expect(step(l, 4 + page, 'pageup', 800)).toBe(4);
    expect(step(l, 13, 'pageup', 800)).toBe(4);
  });
});

describe('Scroll', () => {
  it('is the native one up to the tallest element', () => {
    const s = new Scroll(7_000_000, 800);
    expect(s.inner).toBe(7_000_000);
    expect(s.moved(123_456)).toBe(false);
    expect([s.top, s.shift]).toEqual([123_456, 0]);
  });

  it('steps one to one and leaps in proportion beyond it', () => {
    const s = new Scroll(28_000_000, 800);
    expect(s.inner).toBe(TALLEST);
    s.moved(120);
    expect(s.top).toBe(120);
    s.moved(TALLEST - 800);
    expect(s.top).toBe(28_000_000 - 800);
    s.moved(6_000_000 - 400);
    expect(Math.abs(s.top - (14_000_000 - 400))).toBeLessThan(3);
    const before = s.top;
    s.moved(6_000_000 - 400 + 240);
    expect(s.top).toBe(before + 240);
    const bar = s.settle();
    expect(s.top).toBe(before + 240);
    expect(bar + s.shift).toBe(s.top);
  });

  it('does not strand at an end of the bar', () => {
    const s = new Scroll(28_000_000, 800);
    s.go(100_000);
    let bar = 42_859;
    let asked = false;
    for (let i = 0; i < 400 && s.top > 0; i++) {
      bar = Math.max(0, bar - 400);
      if (s.moved(bar)) {
        asked = true;
        bar = s.settle();
      }
    }
    expect(asked).toBe(true);
    expect(s.top).toBe(0);
  });
});
