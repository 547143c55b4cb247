import { describe, expect, it } from 'vitest';
import type { ClassRanking, Curve, Histogram } from '../lib/types';
import { bars, counted, curveShape, snap } from './chart';
import { readCut, scoreName, withCut, withoutCut } from './clause';
import { examples, nextStep, problemsOf } from './words';

describe('the range of scores in a filter', () => {
  it.each(['', "scene_id = 'a'", "(label = 'x' OR level = 1)"])('is written into %o, read, and taken out', (text) => {
    const cut = { from: 0.25, to: 0.8 };
    const out = withCut(text, 'non-water', cut);
    expect(out).toContain('score_non_water BETWEEN 0.25 AND 0.8');
    expect(readCut(out, 'non-water')).toEqual(cut);
    expect(withoutCut(out, 'non-water')).toBe(text);
    expect(withCut(out, 'non-water', null)).toBe(text);
  });

  it('keeps an outer OR together', () => {
    expect(withCut('level = 0 OR level = 1', 'water', { from: 0.5, to: 1 })).toBe(
      '(level = 0 OR level = 1) AND score_water BETWEEN 0.5 AND 1',
    );
  });

  it('reads what a person writes', () => {
    expect(readCut('score_water >= 0.5', 'water')).toEqual({ from: 0.5, to: 1 });
    expect(readCut('"score_non-water" <= 0.5', 'non-water')).toEqual({ from: 0, to: 0.5 });
    expect(readCut('score_water > 0.5', 'water')).toBeNull();
    expect(readCut('score_waters >= 0.5', 'water')).toBeNull();
    expect(scoreName('non-water')).toBe('score_non_water');
  });

  it('is gone where it is the whole range', () => {
    expect(withCut('level = 0', 'water', { from: 0, to: 1 })).toBe('level = 0');
  });
});

describe('charts', () => {
  const told = {
    edges: [0, 0.25, 0.5, 0.75, 1],
    unlabelled: [100, 0, 4, 1],
    positive: [0, 0, 1, 3],
    negative: [2, 0, 1, 0],
  } as unknown as Histogram;

  it('make a single chip seen beside a hundred', () => {
    const all = bars(told);
    expect(all[0]!.up).toBe(1);
    expect(all[3]!.up).toBeCloseTo(0.1);
    expect(all[1]!.up).toBe(0);
    expect(all[2]!.down.positive).toBeCloseTo(all[2]!.down.negative);
    expect(all[3]!.down.positive).toBe(1);
  });

  it('count a range, cut bins by their share', () => {
    expect(counted(bars(told), 0.5, 1)).toBe(10);
    expect(counted(bars(told), 0, 0.125)).toBe(51);
    expect(snap(0.4567)).toBe(0.46);
    expect(snap(-1)).toBe(0);
  });

  it('draw a curve inside its box', () => {
    const point = (labels: number, mean: number) => ({
      labels,
      mean,
      low: mean - 0.05,
      high: Math.min(1, mean + 0.05),
    });
    const curve = { points: [point(10, 0.7), point(40, 0.85)], forecast: [point(160, 0.9)] } as unknown as Curve;
    const shape = curveShape(curve, 200, 100);
    expect(shape.x(10)).toBe(0);
    expect(shape.x(160)).toBe(200);
    expect(shape.y(1)).toBe(0);
    expect(shape.y(shape.value[0])).toBe(100);
    expect(shape.value[0]).toBeLessThanOrEqual(0.65);
    expect(shape.ahead.startsWith(shape.line.split('L')[1]!.replace(/^/, 'M'))).toBe(true);
  });
});

describe('words', () => {
  const known = (positive: number, negative: number, meaning = 'score') =>
    ({ positive, negative, meaning }) as unknown as ClassRanking;

  it('say the next step of a class', () => {
    expect(nextStep(known(0, 0, 'none'), 'Water')).toContain('a few without it');
    expect(nextStep(known(2, 0, 'similarity'), 'Water')).toContain('one chip without Water');
    expect(nextStep(known(0, 2, 'none'), 'Water')).toContain('one chip with Water');
    expect(nextStep(known(10, 9), 'Water')).toBe('1 more label, and a confidence can be worked out.');
    expect(nextStep(known(10, 10, 'confidence'), 'Water')).toBeNull();
  });

  it('say of the server’s problems what concerns the class in hand', () => {
    const told = ['water: 6 labels; from 20 on its scores are calibrated.', 'fire: odd.', '3 chips without features.'];
    expect(problemsOf(told, ['water', 'fire'], 'water', true)).toEqual(['3 chips without features.']);
    expect(problemsOf(told, ['water', 'fire'], 'fire', false)).toEqual(['Odd.', '3 chips without features.']);
  });

  it('name the examples of a likeness', () => {
    expect(examples(['a_0_1_2'])).toBe('this chip');
    expect(examples(['a_0_1_2', 'b', 's@1,2,3,4'])).toBe('2 chips and a rectangle');
  });
});
