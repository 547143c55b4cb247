import { describe, expect, it } from 'vitest';
import type { ChipRow, Problem, Queryable } from '../lib/types';
import { type Look, wordsOf } from './draw';
import { bound, columnOf, exampleOf, orderOf, reshuffle, unstated, whereOf } from './words';

const problem = (text: Partial<Problem>): Problem => ({ type: 'about:blank', title: 'x', status: 422, ...text });
const classOf: Look['classOf'] = (code) =>
  ({ 0: 'Land', 1: 'Water' })[code]
    ? ({ code, title: { 0: 'Land', 1: 'Water' }[code], color: '#123456' } as never)
    : undefined;
const labelled = (label: unknown): ChipRow => ({ label }) as ChipRow;

describe('words', () => {
  it('finds the column of a filter error', () => {
    expect(columnOf(problem({ detail: 'unexpected word at column 12 of the filter' }))).toBe(12);
    expect(columnOf(problem({ found: 'Column 3' }))).toBe(3);
    expect(columnOf(problem({ detail: 'no' }))).toBeNull();
  });

  it('reads orders', () => {
    expect(orderOf('')).toBe('id');
    expect(orderOf('random:7')).toBe('random');
    expect(orderOf('similar:water')).toBe('similar');
    expect(reshuffle('random:1', () => 0)).toBe('random:2');
    expect(reshuffle('id', () => 0.5)).toBe('random:5000');
  });

  it('reads bounds', () => {
    expect(bound('2024-07-01T10:00:00Z', 'day')).toBe('2024-07-01');
    expect(bound(3, 'number')).toBe(3);
    expect(bound(null, 'number')).toBeNull();
  });

  it('says labels', () => {
    expect(wordsOf(labelled(null), classOf)).toBeNull();
    expect(wordsOf(labelled({ classes: [], value: null }), classOf)).toBeNull();
    expect(wordsOf(labelled({ classes: [1], value: 'positive' }), classOf)).toBe('Water');
    expect(wordsOf(labelled({ classes: [], negative: [1], value: 'negative' }), classOf)).toBe('not Water');
    expect(wordsOf(labelled({ classes: [], negative: [], value: 'negative' }), classOf)).toBe('nothing here');
    expect(wordsOf(labelled({ classes: [], value: 'unsure' }), classOf)).toBe('unsure');
    expect(wordsOf(labelled({ classes: [0, 1], value: 'positive' }), classOf)).toBe('Land, Water');
    expect(wordsOf(labelled({ classes: [1, 0], value: null, shares: [0.62, 0.38] }), classOf)).toBe(
      'Water 62 %, Land 38 %',
    );
    expect(wordsOf(labelled({ classes: [1, 0], value: null, shares: [0.3, 0.1] }), classOf)).toBe(
      'Water 75 %, Land 25 %',
    );
    expect(wordsOf(labelled({ classes: [1, 0], value: null, shares: [0.999, 0.001] }), classOf)).toBe(
      'Water 99 %, Land 1 %',
    );
    const three = labelled({ classes: [1, 0, 9], value: null, shares: [0.5, 0.3, 0.2] });
    expect(wordsOf(three, classOf)).toBe('Water 50 % + 2 more');
    expect(wordsOf(labelled({ classes: [9], value: 'positive' }), classOf)).toBe('class 9');
  });

  it('takes its example from what chips state', () => {
    const told = (name: string, more: Partial<Queryable>) => ({ name, missing: 0, values: null, ...more }) as Queryable;
    const valid = told('valid_fraction', { minimum: 0, maximum: 1 });
    const label = told('label', { values: [['water', 3]] });
    expect(exampleOf([told('cloud_cover', { minimum: 2, maximum: 80 }), valid])).toBe('cloud_cover < 10');
    expect(exampleOf([told('cloud_cover', { missing: 9 }), valid])).toBe('valid_fraction > 0.9');
    expect(exampleOf([valid, label])).toBe("valid_fraction > 0.9 AND label = 'water'");
    expect(exampleOf([])).toBe('label IS NULL');
  });

  it('finds what no chip states', () => {
    const all = [
      { name: 'cloud_cover', missing: 9 },
      { name: 'label', missing: 2 },
    ] as Queryable[];
    expect(unstated("cloud_cover < 10 AND label = 'x'", all, 9)).toEqual(['cloud_cover']);
    expect(unstated("label = 'cloud_cover'", all, 9)).toEqual([]);
    expect(unstated('cloud_cover < 10', all, 10)).toEqual([]);
  });

  it('says where a chip lies', () => {
    expect(whereOf({ bbox: [-1, -2, -1, -2] } as ChipRow)).toBe('2.000° S, 1.000° W');
    expect(whereOf({ bbox: null } as ChipRow)).toBeNull();
  });
});
