import { describe, expect, it } from 'vitest';
import type { Annotation, Job, LabelCounts, ReleaseRow, WorkspaceInfo } from '../lib/types';
import { linesOf, newerThanModels } from './activity';
import { attachForm, attachLine, attachOptions } from './attach';
import { commandLine, quoted } from './commands';
import { bboxOf, formOf, ingestOptions, wordsOf, type IngestForm } from './ingest';
import { advise, labelledShare, newest } from './next';

const info = {
  name: 'lake',
  tasks: [],
  models: [],
  default_task: 'chips',
  counts: { scenes: 1, chips: 10, events: 0, models: 0, releases: 0 },
} as unknown as WorkspaceInfo;
const pixels = {
  task: 'pixels',
  kind: 'segment',
  chips: 3,
  unlabelled: 7,
  classes: [],
  methods: {},
} as unknown as LabelCounts;
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
    ['running ingest', { ...base, going: [{ verb: 'ingest', options: {} } as Job] }, 'jobs'],
  ])('%s', (_name, now, action) => {
    const advice = advise(now as Parameters<typeof advise>[0]);
    expect(advice.action).toBe(action);
    expect(advice.button === null).toBe(action === 'none');
  });

  it('offers painting as a further way while people have said little', () => {
    expect(advise(base).further).toEqual({ button: 'Paint pixels', href: '#/paint?task=pixels' });
    expect(advise({ ...base, labels: [{ ...pixels, methods: { manual: 12, both: 8 } }] }).further).toBeUndefined();
  });

  it('sees how little of the pixels is labelled, before it speaks of a release', () => {
    const few = {
      ...pixels,
      chips: 8,
      unlabelled: 0,
      counted: 8,
      pixels: 8192,
      classes: [{ pixels: 298 }],
    } as unknown as LabelCounts;
    expect(labelledShare(few)).toBeCloseTo(298 / 8192);
    expect(labelledShare({ ...few, counted: 2 })).toBeNull();
    expect(labelledShare({ ...few, pixels: 596 })).toBeCloseTo(0.5);
    const advice = advise({ ...base, labels: [few] });
    expect(advice).toMatchObject({ action: 'segment', about: 'pixels' });
    expect(advice.text).toContain('298 pixels of 8 chips');
    const most = { ...few, classes: [{ pixels: 8000 }] } as unknown as LabelCounts;
    expect(advise({ ...base, labels: [most] }).action).toBe('release');
    expect(advise({ ...base, info: { ...info, models: ['pixels-forest'] }, labels: [few] }).action).toBe('release');
  });

  it('offers a classifier once whole chips of two classes are labelled', () => {
    const chips = {
      task: 'chips',
      kind: 'classify',
      chips: 24,
      unlabelled: 76,
      classes: [{ chips: 12 }, { chips: 12 }],
    } as unknown as LabelCounts;
    expect(advise({ ...base, labels: [chips] })).toMatchObject({ action: 'predict', about: 'chips' });
    expect(advise({ ...base, labels: [chips] }).command).toContain('predict');
    const one = { ...chips, classes: [{ chips: 24 }, { chips: 0 }] } as unknown as LabelCounts;
    expect(advise({ ...base, labels: [one] }).action).toBe('release');
    expect(advise({ ...base, labels: [{ ...chips, chips: 4 }] }).action).toBe('release');
    const known = { ...info, models: ['chips-chips'] };
    expect(advise({ ...base, info: known, labels: [chips] }).action).toBe('release');
    for (const verb of ['predict', 'encode']) {
      const going = [{ verb, options: { task: 'chips' } } as unknown as Job];
      expect(advise({ ...base, going }).action).toBe('jobs');
    }
  });

  it('tells what goes on, and what people answered since a model did', () => {
    const going = [{ verb: 'segment', options: { task: 'pixels' } } as unknown as Job];
    expect(advise({ ...base, going }).title).toContain('“pixels”');
    const checked = [{ ...v1, check: levels('passed') } as ReleaseRow];
    const known = { ...info, models: ['pixels-forest'] };
    expect(advise({ ...base, info: known, releases: checked, newer: ['pixels'] }).action).toBe('segment');
    expect(advise({ ...base, info: known, releases: [v1], newer: ['pixels'] }).action).toBe('check');
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

describe('attach form', () => {
  it('says what was written, and a column each on the command line', () => {
    const form = attachForm({ file: 'land.gpkg', column: ['pop', 'kind'], label: 'water', when: 'share > 0.5' });
    const made = attachOptions(form);
    expect(made).toEqual({
      options: { file: 'land.gpkg', column: ['pop', 'kind'], label: 'water', when: 'share > 0.5' },
      missing: null,
    });
    expect(attachLine('lake', made)).toEqual(['attach', 'lake', 'land.gpkg', '--column', 'pop', '--column', 'kind']);
    expect(attachOptions(attachForm({})).missing).toBe('Say which file');
    expect(attachOptions({ ...form, label: null, column: '', take: 'sum' }).options).toEqual({ file: 'land.gpkg' });
  });
});

describe('ingest form', () => {
  const form: IngestForm = {
    from: 'source', source: '', sensor: '', time: '', bands: '', chipSize: '', stac: 'earth-search',
    collection: 'sentinel-2-l2a', bbox: '', datetime: '', maxCloud: '20', limit: '5',
    aoi: '', sample: '', stratify: '', stratifyColumn: '', allocation: 'proportional', minDistance: '',
  }; // prettier-ignore

  it('asks for a sample, its strata and distances', () => {
    const asked = { ...form, source: 'a', sample: '50', stratify: 'roads', allocation: 'equal' as const };
    expect(ingestOptions({ ...asked, minDistance: '500' }, true).options).toEqual({
      source: ['a'],
      sample: 50,
      stratify: 'roads',
      allocation: 'equal',
      min_distance: 500,
    });
    expect(ingestOptions({ ...asked, sample: '' }, true).options).toEqual({ source: ['a'] });
    expect(ingestOptions({ ...asked, sample: '0' }, true).wrong.sample).toBeDefined();
    expect(ingestOptions({ ...asked, minDistance: '-1' }, true).wrong.minDistance).toBeDefined();
    expect(formOf(ingestOptions(asked, true).options)).toMatchObject({ sample: '50', allocation: 'equal' });
  });

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

  it('is filled in again from the options of a job', () => {
    const options = {
      source: ['a.tif', 'b c.tif'],
      bands: ['B02', 'B03'],
      chip_size: 64,
      time: '2024-05-01T10:30:00Z',
    };
    expect(ingestOptions(formOf(options), true).options).toEqual(options);
    const stac = { stac: 'earth-search', collection: 'c', bbox: [2, 42, 3, 43], max_cloud: 0, limit: 3 };
    expect(ingestOptions(formOf(stac), true).options).toEqual(stac);
    expect(formOf({}).collection).toBe('sentinel-2-l2a');
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

  it('knows where people answered after the model', () => {
    const model = event(5, { kind: 'bulk', actor: 'model:pixels-forest', task: 'pixels' });
    const before = event(4, { task: 'pixels' });
    expect(newerThanModels([model], [before])).toEqual([]);
    expect(newerThanModels([model], [before, event(6, { task: 'pixels', kind: 'comment' })])).toEqual([]);
    expect(newerThanModels([model], [event(6, { task: 'pixels' }), event(7, { task: 'chips' })])).toEqual(['pixels']);
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
