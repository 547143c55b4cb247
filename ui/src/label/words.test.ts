import { describe, expect, it } from 'vitest';
import { inkOn, marksOf } from '../chips/badge';
import { paceAt, placesIn } from '../chips/band';
import { layout, placeOf } from '../chips/layout';
import type { ChipRow } from '../lib/types';
import { attributeName, nameOf } from './names';
import { said } from './says';
import { stateIn, withState } from './states';

describe('names', () => {
  it.each([
    ['Solar farm', 'solar-farm', 'solar_farm'],
    ['Straße 7', 'strasse-7', 'strasse_7'],
    ['2nd crop', '2nd-crop', 'nd_crop'],
    ['Été', 'ete', 'ete'],
    ['  !  ', '', ''],
  ])('%s is %s, and %s in filters', (title, name, attribute) => {
    expect(nameOf(title)).toBe(name);
    expect(attributeName(title)).toBe(attribute);
  });
});

describe('states', () => {
  it('take each other’s place and leave the rest', () => {
    const rest = "cloud_cover <= 10 AND scene_id = 'a'";
    expect(stateIn(rest)).toBe('all');
    const some = withState(rest, 'unsure');
    expect(some).toBe(`${rest} AND value = 'unsure'`);
    expect(stateIn(some)).toBe('unsure');
    expect(withState(some, 'removed')).toBe(`${rest} AND training = FALSE`);
    expect(withState(some, 'all')).toBe(rest);
    expect(withState('', 'unlabelled')).toBe('value IS NULL');
    expect(withState("label = 'a' OR label = 'b'", 'labelled')).toBe(
      "(label = 'a' OR label = 'b') AND value IS NOT NULL",
    );
  });
});

it('tells answers in words', () => {
  expect(said('Water', 'positive', undefined, false)).toBe('Water: positive');
  expect(said('Water', 'unsure', undefined, false)).toBe('Unsure');
  expect(said('Water', 'unsure', undefined, true)).toBe('Water: unsure');
  expect(said('Water', 'not-applicable', 'cloud', false)).toBe('Not applicable (cloud)');
});

describe('a frame on the wall', () => {
  const l = layout(103, 1264, 128, false);

  it('has the tiles that it touches', () => {
    const a = placeOf(l, 10);
    const b = placeOf(l, 30);
    const box = { left: a.x + 5, top: a.y + 5, right: b.x + 5, bottom: b.y + 5 };
    const places = placesIn(l, box);
    expect(places).toEqual([10, 11, 12, 19, 20, 21, 28, 29, 30]);
    expect(placesIn(l, { ...box, right: a.x + l.tile, bottom: a.y + l.tile })).toEqual([10]);
  });

  it('has none in the gap, nor behind the last', () => {
    const a = placeOf(l, 0);
    expect(placesIn(l, { left: a.x + l.tile + 1, right: a.x + l.tile + 2, top: a.y + 3, bottom: a.y + 9 })).toEqual([]);
    expect(placesIn(l, { left: 0, right: 9999, top: 0, bottom: 1e9 })).toHaveLength(103);
  });

  it('scrolls at the edges, faster the further out', () => {
    expect(paceAt(400, 800)).toBe(0);
    expect(paceAt(10, 800)).toBeLessThan(0);
    expect(paceAt(-50, 800)).toBeLessThan(paceAt(10, 800));
    expect(paceAt(900, 800)).toBeGreaterThan(paceAt(790, 800));
  });
});

describe('badges', () => {
  const classOf = () => ({ code: 1, name: 'a', title: 'A', color: '#ffee00' }) as never;
  const marks = (label: unknown, more: object = {}) =>
    marksOf({ label, ...more } as ChipRow, classOf, String, 2).map((one) => [one.sign, one.key]);
  const base = { classes: [], negative: [], methods: ['manual'] };

  it('say class and sign', () => {
    expect(marks({ ...base, classes: [1, 3], negative: [2, 4], value: 'positive' })).toEqual([
      ['positive', '1'],
      ['positive', '3'],
      ['negative', '2'],
    ]);
    expect(marks({ ...base, negative: [4, 2], value: 'negative' })).toEqual([
      ['negative', '2'],
      ['negative', '4'],
    ]);
    expect(marks({ ...base, value: 'unsure' })).toEqual([['unsure', '']]);
    expect(marks(null)).toEqual([]);
    expect(marks(null, { guess: 3 })).toEqual([['guess', '3']]);
    expect(marks({ ...base, classes: [1], methods: ['automated'], value: 'positive' })).toEqual([['guess', '1']]);
  });

  it('are read on every colour', () => {
    expect(inkOn('#ffffff')).toBe('#0c0f13');
    expect(inkOn('#1a1a90')).toBe('#ffffff');
  });
});
