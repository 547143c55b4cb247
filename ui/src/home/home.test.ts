import { describe, expect, it } from 'vitest';
import type { Annotation, Job, LabelCounts, ReleaseRow, WorkspaceInfo } from '../lib/types';
import { linesOf } from './activity';
import { commandLine, quoted } from './commands';
import { bboxOf, ingestOptions, wordsOf, type IngestForm } from './ingest';
import { advise, newest } from './next';

const info = {
  name: 'lake',
  tasks: [],
  models: [],
  default_task: 'chips',
  counts: { scenes: 1, chips: 10, events: 0, models: 0, releases: 0 },
} as unknown as WorkspaceInfo;
const pixels = { task: 'pixels', kind: 'segment', chips: 3, unlabelled: 7, classes: [] } as unknown as LabelCounts;
const v1 = { name: 'v1', created: '2026-01-01T00:00:00Z', check: null } as unknown as ReleaseRow;
const levels = (status: string): unknown => [{ level: 'Q0', title: 'files', status, errors: 2 }];

describe('advise', () => {
  const base = { info, labels: [pixels], releases: [], going: [], place: '/data/my lake' };

  it.each([
    ['ingest', { ...base, info: { ...info, counts: { ...info.counts, scenes: 0 } } }, 'ingest'],
    ['labels', { ...base, labels: [{ ...pixels, chips: 0 }] }, 'none'],
    ['model', base, 'segment'],
    ['release', { ...base, info: { ...info, models: ['pixels-forest'] } }, 'release'],
    ['release where nothing is open', { ...base, labels: [{ ...pixels, unlabelled: 0 }] }, 'release'],
    ['check', { ...base, releases: [v1] }, 'check'],
    ['running ingest', { ...base, going: [{ verb: 'ingest' } as Job] }, 'jobs'],
  ])('%s', (_name, now, action) => {
    const advice = advise(now as Parameters<typeof advise>[0]);
    expect(advice.action).toBe(action);
    expect(advice.button === null).toBe(action === 'none');
  });

  it('publishes what is checked, and leads to findings of what failed', () => {
    const good = advise({ ...base, releases: [{ ...v1, check: levels('passed') } as ReleaseRow] });
    expect(good.command).toBe("groundset publish '/data/my lake/releases/v1' --s3 s3://BUCKET/PREFIX");
    const bad = advise({ ...base, releases: [{ ...v1, check: levels('failed') } as ReleaseRow] });
    expect(bad.href).toBe('#/releases/v1');
    expect(bad.command).toBeNull();
  });

  it('speaks of the newest release', () => {
    const rows = ['v2', 'v10', 'v9'].map((name) => ({ ...v1, name }));
    expect(newest(rows)?.name).toBe('v10');
    expect(
      newest([
        { ...v1, name: 'old' },
        { ...v1, name: 'a', created: '2026-02-01T00:00:00Z' },
      ])?.name,
    ).toBe('a');
    expect(newest([])).toBeUndefined();
  });
});

describe('command lines', () => {
  it('are what a shell reads', () => {
    expect(
      commandLine(['ingest', 'lake', 'a b.tif'], { chip_size: 256, bands: ['B02', 'B03'], fuse: true, time: '' }),
    ).toBe("groundset ingest lake 'a b.tif' --chip-size 256 --bands B02,B03 --fuse");
    expect(quoted("it's")).toBe(`'it'\\''s'`);
    expect(quoted('$HOME')).toBe("'$HOME'");
  });
});

describe('ingest form', () => {
  const form: IngestForm = {
    from: 'source', source: '', sensor: '', time: '', bands: '', chipSize: '', stac: 'earth-search',
    collection: 'sentinel-2-l2a', bbox: '', datetime: '', maxCloud: '20', limit: '5',
  }; // prettier-ignore

  it('takes several sources with spaces in quotes', () => {
    expect(wordsOf(`a.tif "b c.tif" 'd e'`)).toEqual(['a.tif', 'b c.tif', 'd e']);
    const made = ingestOptions({ ...form, source: 'a.tif b.tif', bands: 'B02, B03', chipSize: '64' }, true);
    expect(made).toEqual({
      options: { source: ['a.tif', 'b.tif'], bands: ['B02', 'B03'], chip_size: 64 },
      missing: null,
      wrong: {},
    });
  });

  it('says what is missing or wrong', () => {
    expect(ingestOptions(form, true).missing).toBe('Say where the scene is');
    expect(ingestOptions({ ...form, source: 'a', chipSize: '1.5' }, true).wrong.chipSize).toBeDefined();
    expect(ingestOptions({ ...form, source: 'a', chipSize: '64' }, false).options).toEqual({ source: ['a'] });
    const stac = ingestOptions({ ...form, from: 'stac', bbox: '2,42,3,43', maxCloud: '200' }, true);
    expect(stac.wrong.maxCloud).toBe('From 0 to 100');
    expect(stac.options.bbox).toEqual([2, 42, 3, 43]);
  });

  it.each([['1,2,3'], ['1,2,x,4'], ['0,50,1,40'], ['0,0,500,1']])('refuses the box %s', (text) => {
    expect(typeof bboxOf(text)).toBe('string');
  });
});

describe('activity', () => {
  const event = (seq: number, over: Partial<Annotation>): Annotation => ({
    seq, id: `e${seq}`, at: `2026-11-21T12:${String(seq).padStart(2, '0')}:00Z`, actor: 'anna', kind: 'answer',
    task: 'chips', chip_id: `c${seq}`, payload: {}, undoes: null, bulk: null, ...over,
  }); // prettier-ignore

  it('tells of bulks by what made them', () => {
    const bulk = (seq: number, payload: object, over = {}): Annotation =>
      event(seq, { kind: 'bulk', payload: payload as Annotation['payload'], ...over });
    const lines = linesOf(
      [
        bulk(1, { count: 68, file: 'points.geojson', verb: 'annotate' }),
        bulk(2, { count: 72, verb: 'segment' }, { actor: 'model:forest' }),
        bulk(3, { count: 9, verb: 'annotate' }, { task: 'pixels' }),
      ],
      [event(4, { bulk: 'e1' })],
      new Set(['pixels']),
    );
    expect(lines.map((one) => one.text)).toEqual([
      'painted 9 chips',
      'proposed masks for 72 chips',
      'brought labels for 68 chips from points.geojson',
    ]);
    expect(lines[1]?.model).toBe(true);
  });

  it('takes single answers together', () => {
    const tail = [1, 2, 3, 40].map((seq) => event(seq, {}));
    tail.splice(1, 0, event(2, { id: 'other', actor: 'ben', kind: 'mask' }));
    expect(linesOf([], tail, new Set()).map((one) => `${one.actor} ${one.text}`)).toEqual([
      'anna answered 1 chip',
      'anna answered 3 chips',
      'ben painted 1 chip',
    ]);
  });
});
