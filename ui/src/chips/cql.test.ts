import { describe, expect, it } from 'vitest';
import { type Filters, active, compose, noFilters, parse, split } from './cql';

function random(seed: number): () => number {
  let s = seed >>> 0;
  return () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2 ** 32;
  };
}

const NAMES = ['water', 'not-applicable', "it's", 'a AND b', 'x OR (y', 'wide "river"', "''", 'Wälder'];

function anyFilters(seed: number): Filters {
  const next = random(seed);
  const some = (from: string[]) => from.filter(() => next() < 0.4);
  const f = noFilters();
  f.label = [...(next() < 0.5 ? [null] : []), ...some(NAMES)];
  f.labels = some(NAMES);
  f.split = [...(next() < 0.3 ? [null] : []), ...some(['train', 'val', 'test', 'none'])];
  f.scene_id = some(['S2A_MSIL1C', "o'brien", 'L7']);
  f.level = some(['0', '1', '2']);
  if (next() < 0.5) f.datetime.from = '2000-02-29';
  if (next() < 0.5) f.datetime.to = '2024-12-31';
  if (next() < 0.5) f.cloud_cover.to = Math.round(next() * 1000) / 10;
  if (next() < 0.5) f.cloud_cover.from = Math.round(next() * 100);
  if (next() < 0.5) f.valid_fraction.from = Math.round(next() * 100) / 100;
  f.rest = some(["sensor = 'landsat-7'", 'width BETWEEN 1 AND 64', "(a = 1 OR b = 'AND')", 'NOT level = 3']);
  return f;
}

describe('filters as text', () => {
  it('come back as they went', () => {
    for (let seed = 0; seed < 500; seed++) {
      const f = anyFilters(seed);
      expect(parse(compose(f)), compose(f)).toEqual(f);
    }
  });

  it('reads as a person would write it', () => {
    const f = noFilters();
    expect(compose(f)).toBe('');
    f.label = ['water'];
    expect(compose(f)).toBe("label = 'water'");
    f.label = [null, 'water', 'land'];
    f.cloud_cover.to = 20;
    f.datetime = { from: '2024-07-01', to: '2024-07-31' };
    expect(compose(f)).toBe(
      "(label IS NULL OR label IN ('water', 'land')) AND datetime >= TIMESTAMP('2024-07-01T00:00:00Z')" +
        " AND datetime < TIMESTAMP('2024-08-01T00:00:00Z') AND cloud_cover <= 20",
    );
    expect(active(f)).toBe(3);
  });

  it('takes what is typed in another style', () => {
    const f = parse("label in ('water','land')  and cloud_cover<=5.5 AND sensor='x'");
    expect(f.label).toEqual(['water', 'land']);
    expect(f.cloud_cover.to).toBe(5.5);
    expect(f.rest).toEqual(["sensor='x'"]);
  });

  it('asks for classes that a chip has any pixels of', () => {
    const f = noFilters();
    f.labels = ['water'];
    expect(compose(f)).toBe("'water' IN labels");
    f.labels = ['water', "o'brien"];
    expect(compose(f)).toBe("A_OVERLAPS(labels, ('water', 'o''brien'))");
    expect(parse("'water' in labels AND level = 0").labels).toEqual(['water']);
    expect(parse("a_overlaps( labels , ('water') )").labels).toEqual(['water']);
  });

  it('leaves alone what it does not know', () => {
    for (const text of [
      "label = 'a' OR label = 'b'",
      'label <> 3',
      "label LIKE 'w%'",
      'cloud_cover < 3',
      "level = '0'",
      'labels IS NULL',
      "labels = 'water'",
      "datetime < TIMESTAMP('2024-07-01T10:00:00Z')",
    ]) {
      expect(active(parse(text)), text).toBe(0);
      expect(parse(text).rest).toHaveLength(1);
    }
    expect(compose(parse("label = 'a' OR b = 1"))).toBe("(label = 'a' OR b = 1)");
    expect(parse("label = 'a' AND label = 'b'").rest).toEqual(["label = 'b'"]);
  });

  it('splits at the outer AND only', () => {
    expect(split("a BETWEEN 1 AND 2 AND b = ' AND ' AND (c = 1 AND d = 2)")).toEqual([
      'a BETWEEN 1 AND 2',
      "b = ' AND '",
      '(c = 1 AND d = 2)',
    ]);
    expect(split('(a = 1 AND b = 2')).toEqual(['(a = 1 AND b = 2']);
    expect(split('  ')).toEqual([]);
  });
});
