import { describe, expect, it } from 'vitest';
import { atLevel, chipsOf, finerOf, levelAsked, levelNamed, levelsOf, saysLevel } from './levels';
import type { WorkspaceInfo } from './types';

const info = {
  grid: { chip_size: 128 },
  counts: {
    chips: 190,
    levels: [
      { level: 0, chips: 36 },
      { level: 1, chips: 100 },
      { level: 2, chips: 54 },
    ],
  },
} as unknown as WorkspaceInfo;
const levels = levelsOf(info);

describe('levels', () => {
  it('are named by the size of their chips, and one alone is no choice', () => {
    expect(levels.map((one) => one.title)).toEqual(['128 px', '64 px', '32 px']);
    expect(chipsOf(info)).toBe(36);
    expect(finerOf(info)).toBe('100 of 64 px, 54 of 32 px');
    const one = { ...info, counts: { ...info.counts, chips: 36, levels: [{ level: 0, chips: 36 }] } };
    expect(levelsOf(one)).toEqual([]);
    expect(levelAsked('1', '', levelsOf(one))).toBeNull();
  });

  it('are the coarsest unless the address or the filter says another', () => {
    expect(levelAsked(null, '', levels)).toBe(0);
    expect(levelAsked('2', "label = 'water'", levels)).toBe(2);
    expect(levelAsked('7', '', levels)).toBe(0);
    expect(levelAsked('all', '', levels)).toBeNull();
    expect(levelAsked('1', 'level > 0', levels)).toBeNull();
    expect(levelAsked(null, "chip_id IN ('a_2_0_0')", levels)).toBeNull();
    expect(saysLevel("reason = 'level'")).toBe(false);
    for (const level of [0, 2, null]) expect(levelAsked(levelNamed(level, levels), '', levels)).toBe(level);
  });

  it('are a clause of the filter', () => {
    expect(atLevel('', 0)).toBe('level = 0');
    expect(atLevel("label = 'water'", 1)).toBe("label = 'water' AND level = 1");
    expect(atLevel('a = 1 OR b = 2', 1)).toBe('(a = 1 OR b = 2) AND level = 1');
    expect(atLevel('a = 1', null)).toBe('a = 1');
  });
});
