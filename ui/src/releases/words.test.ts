import { expect, it } from 'vitest';
import type { Finding, LevelResult } from '../lib/types';
import {
  advice,
  badges,
  chipOf,
  commands,
  unitOf,
  grouped,
  nameProblem,
  nextName,
  quoted,
  classParts,
  splitParts,
  splitShares,
  splitProblem,
  themed,
} from './words';

const level = (over: Partial<LevelResult>): LevelResult => ({
  level: 'Q1',
  title: '',
  status: 'passed',
  errors: 0,
  warnings: 0,
  not_checked: 0,
  ...over,
});
const finding = (over: Partial<Finding>): Finding => ({
  level: 'Q2',
  severity: 'error',
  file: '',
  what: 'w',
  found: '',
  wanted: '',
  ...over,
});

it('shows four levels whether or not it was checked', () => {
  expect(badges(null).map((b) => b.status)).toEqual(Array(4).fill('never checked'));
  const some = badges([level({ status: 'not fully checked', not_checked: 2 })]);
  expect(some[1]).toMatchObject({
    level: 'Q1',
    tone: 'warn',
    words: 'Q1 Valid STAC: not fully checked (2 not checked)',
  });
});

it('says what to do, and nothing where all is well', () => {
  expect(advice(level({}))).toBeNull();
  expect(advice(level({ status: 'not fully checked' }))).toContain('GROUNDSET_STAC_SCHEMAS');
  expect(advice(level({ level: 'Q2', status: 'failed' }))).toContain('new release');
});

it('says the same thing once, worst first', () => {
  const groups = grouped(
    [
      finding({ severity: 'warning', what: 'a' }),
      finding({ what: 'b', file: '1' }),
      finding({ what: 'b', file: '2' }),
      finding({ level: 'Q0' }),
    ],
    'Q2',
  );
  expect(groups.map((g) => [g.what, g.findings.length])).toEqual([
    ['b', 2],
    ['a', 1],
  ]);
});

it('writes commands that a shell takes', () => {
  expect(quoted('/a/b-1')).toBe('/a/b-1');
  expect(quoted("it's here")).toBe(`'it'\\''s here'`);
  const texts = commands('/my lake/releases/v1', 'v1', 'segment').map((c) => c.text);
  expect(texts[1]).toBe("groundset check '/my lake/releases/v1' --require Q2");
  expect(texts[3]).toBe("groundset release '/my lake' --rebuild v1 --to FOLDER");
  expect(commands('/l/releases/v1', 'v1', 'outline')[0]!.text).toContain('boxes, labels, masks');
  expect(unitOf('outline')).toBe('shapes');
});

it('knows names, splits and chips', () => {
  expect(nextName([])).toBe('v1');
  expect(nextName(['v1', 'v9', 'old'])).toBe('v10');
  expect(nameProblem('v1', ['v1'])).toContain('never changes');
  expect(nameProblem('a/b', [])).toContain('Letters');
  expect(nameProblem('v2', ['v1'])).toBeNull();
  expect(splitProblem([70, 15, 15])).toBeNull();
  expect(splitProblem([70, 15, 10])).toContain('95');
  expect(splitProblem([NaN, 50, 50])).toContain('numbers');
  expect(splitParts({ none: 2, test: 0, train: 5, odd: 1 }).map((p) => p.name)).toEqual(['train', 'none', 'odd']);
  expect(chipOf('items/s_0_1_2/mask.tif')).toBe('s_0_1_2');
  expect(chipOf('collection.json')).toBeNull();
});

it('tells classes by their titles, splits as a table', () => {
  const parts = classParts(
    { 'non-water': 3, odd: 1, 'not-applicable': 2 },
    new Map([['non-water', { title: 'Non-water', color: '#111111' }]]),
  );
  expect(parts.map((one) => one.title)).toEqual(['Non-water', 'odd', 'Not applicable']);
  const told = splitShares([
    'chips: train 5, none 2',
    'smallest distance between splits: 912.1 m',
    'train: 47.3 % of non-water, 49.2 % of water, deep',
    'warning: few',
  ]);
  expect(told.rest).toEqual(['smallest distance between splits: 912.1 m', 'warning: few']);
  expect(told.classes).toEqual(['non-water', 'water, deep']);
  expect(told.shares.get('train')?.get('non-water')).toBe('47.3 %');
});

it('gives the report the theme of the page', () => {
  const html =
    '<head><meta name="color-scheme" content="light dark"></head>@media screen and (prefers-color-scheme: dark) {}';
  expect(themed(html, 'dark')).toContain('(min-width: 0)');
  expect(themed(html, 'light')).toContain('(max-width: 0)');
  expect(themed(html, 'light')).toContain('content="light"');
});
