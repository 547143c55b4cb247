import { describe, expect, it } from 'vitest';
import type { Queryable } from '../lib/types';
import { type Known, complete, taken, withoutLike } from './complete';

function queryable(name: string, type: Queryable['type'], more: Partial<Queryable> = {}): Queryable {
  return { name, type, title: name, values: null, minimum: null, maximum: null, missing: 0, ...more } as Queryable;
}

const known: Known = {
  queryables: [
    queryable('label', 'string', { values: [['water', 12]] }),
    queryable('cloud_cover', 'number', { minimum: 0, maximum: 80 }),
    queryable('score_water', 'number'),
    queryable('datetime', 'datetime'),
    queryable('geometry', 'geometry'),
    queryable('bands', 'array'),
    queryable('cloudy', 'boolean'),
  ],
  classes: [
    { name: 'water', title: 'Water' },
    { name: "it's", title: 'Odd' },
  ],
};

/** What is offered where `|` stands. */
function offered(text: string): string[] {
  const at = text.indexOf('|');
  return complete(text.replace('|', ''), at, known)?.items.map((one) => one.title) ?? [];
}

/** The text after the first suggestion is taken, with `|` where the cursor stands. */
function first(text: string): string {
  const at = text.indexOf('|');
  const bare = text.replace('|', '');
  const found = complete(bare, at, known)!;
  const out = taken(bare, found, found.items[0]!);
  return `${out.text.slice(0, out.cursor)}|${out.text.slice(out.cursor)}`;
}

describe('completion', () => {
  it('offers names, then operators, then values, then AND', () => {
    expect(offered('clo|').slice(0, 2)).toEqual(['cloud_cover', 'cloudy']);
    expect(offered('cover|')).toEqual(['cloud_cover']);
    expect(offered('cloud_cover |')).toContain('BETWEEN');
    expect(offered('label |')).toContain('LIKE');
    expect(offered('label = |')).toEqual(['water', "it's"]);
    expect(offered("label = 'wa|")).toEqual(['water']);
    expect(offered("label = 'water' |")).toEqual(['AND', 'OR']);
    expect(offered("label = 'water' AND sco|")).toEqual(['score_water']);
    expect(offered('NOT (cloud_c|')).toEqual(['cloud_cover']);
    expect(offered('cloud_cover < |')).toEqual(['0', '40', '80']);
  });

  it('knows what functions take', () => {
    expect(offered('S_INT|')).toEqual(['S_INTERSECTS']);
    expect(offered('S_INTERSECTS(|')).toEqual(['geometry']);
    expect(offered('S_INTERSECTS(geometry, |')).toEqual(['BBOX', 'POLYGON', 'POINT']);
    expect(offered('S_INTERSECTS(geometry, BBOX(1, |')).toEqual([]);
    expect(offered('datetime > |')).toEqual(['DATE', 'TIMESTAMP']);
    expect(offered("datetime > TIMESTAMP('2018|')")).toEqual([]);
    expect(offered("'B02' IN |")).toEqual(['bands']);
    expect(offered("label IN ('water', |")).toEqual(['water', "it's"]);
    expect(offered('cloud_cover < 10|')).toEqual([]);
  });

  it('puts in what is taken', () => {
    expect(first('clo|')).toBe('cloud_cover |');
    expect(first('row = 1 AND clo| AND x')).toBe('row = 1 AND cloud_cover | AND x'.replace(' | ', ' |'));
    expect(first("label = 'wa|")).toBe("label = 'water' |");
    expect(first("label = 'it|")).toBe("label = 'it''s' |");
    expect(first('S_INT|')).toBe('S_INTERSECTS(geometry, |)');
    expect(first('datetime > |')).toBe("datetime > DATE('|')");
    expect(first('cloud_co|ver < 10')).toBe('cloud_cover |< 10');
  });

  it('takes examples out of the text', () => {
    expect(withoutLike('cloud_cover < 10, like=s_0_1_1')).toEqual({ filter: 'cloud_cover < 10', like: ['s_0_1_1'] });
    expect(withoutLike("label LIKE 'a%'")).toEqual({ filter: "label LIKE 'a%'", like: [] });
    expect(withoutLike("label = 'like=x' AND like=a_0_0_0,s@1,2,3,4")).toEqual({
      filter: "label = 'like=x'",
      like: ['a_0_0_0', 's@1,2,3,4'],
    });
    expect(withoutLike('like=a_0_0_0')).toEqual({ filter: '', like: ['a_0_0_0'] });
  });
});
