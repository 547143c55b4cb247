import { describe, expect, it } from 'vitest';
import type { Queryable } from '../lib/types';
import { inForce, kindOf, nameOf, noFacet, rangeText, readFacet, writeFacet } from './facets';

const column = (name: string, more: Partial<Queryable>): Queryable =>
  ({ name, title: name, type: 'string', ...more }) as Queryable;
const sensor = column('sensor', {
  values: [
    ['landsat-8', 3],
    ["o'hara", 1],
  ],
});
const actors = column('actors', {
  type: 'array',
  values: [
    ['ann', 3],
    ['bob', 1],
  ],
});
const row = column('row', { type: 'integer', minimum: 0, maximum: 14 });
const trains = column('training', {
  type: 'boolean',
  values: [
    ['true', 3],
    ['false', 1],
  ],
});
const answered = column('answered_at', {
  type: 'datetime',
  minimum: '2026-01-01T00:00:00Z',
  maximum: '2026-02-01T00:00:00Z',
});

describe('facets of any column', () => {
  it.each([
    [sensor, { chosen: ['landsat-8'] }, "sensor = 'landsat-8'"],
    [sensor, { chosen: ['landsat-8', "o'hara"] }, "sensor IN ('landsat-8', 'o''hara')"],
    [sensor, { chosen: [null] }, 'sensor IS NULL'],
    [sensor, { chosen: [null, 'landsat-8'] }, "(sensor IS NULL OR sensor = 'landsat-8')"],
    [actors, { chosen: ['ann'] }, "'ann' IN actors"],
    [actors, { chosen: ['ann', 'bob'] }, "A_OVERLAPS(actors, ('ann', 'bob'))"],
    [trains, { chosen: ['false'] }, 'training = false'],
    [row, { numbers: { from: 2, to: 5 } }, 'row BETWEEN 2 AND 5'],
    [row, { numbers: { from: null, to: 5 } }, 'row <= 5'],
    [
      answered,
      { days: { from: '2026-01-02', to: '2026-01-03' } },
      "answered_at >= TIMESTAMP('2026-01-02T00:00:00Z') AND answered_at < TIMESTAMP('2026-01-04T00:00:00Z')",
    ],
  ])('writes and reads %o %o', (q, change, text) => {
    const facet = { ...noFacet(kindOf(q)!), ...change };
    expect(writeFacet('', q, facet)).toBe(text);
    expect(readFacet(text, q)).toEqual(facet);
    expect(inForce(readFacet(text, q))).toBe(true);
    expect(writeFacet(`level = 0 AND ${text}`, q, noFacet(facet.kind))).toBe('level = 0');
  });

  it('leaves other clauses as they were written', () => {
    const text = "cloud_cover < 10 AND (level = 0 OR row > 3) AND rows = 'x'";
    const out = writeFacet(text, row, { ...noFacet('number'), numbers: { from: 1, to: null } });
    expect(out).toBe(`${text} AND row >= 1`);
    expect(writeFacet(out, row, noFacet('number'))).toBe(text);
  });

  it('quotes names that are not plain words', () => {
    expect(nameOf('score_non-water')).toBe('"score_non-water"');
    const q = column('score_non-water', { type: 'number', minimum: 0, maximum: 1 });
    const facet = { ...noFacet('number'), numbers: { from: 0.5, to: 1 } };
    expect(readFacet(writeFacet('', q, facet), q)).toEqual(facet);
  });

  it('knows what can be chosen from', () => {
    expect(kindOf(column('chip_id', { values: null }))).toBeNull();
    expect(kindOf(column('geometry', { type: 'geometry' }))).toBeNull();
    expect(kindOf(column('cloud_cover', { type: 'number', minimum: null }))).toBeNull();
    expect(rangeText(row)).toBe('0 to 14');
    expect(rangeText(answered)).toBe('2026-01-01 to 2026-02-01');
  });
});
