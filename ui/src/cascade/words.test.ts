import { describe, expect, it } from 'vitest';
import type { Act, ChipLabel, SchemeClass } from '../lib/types';
import { choicesOf, following } from './choosing';
import { fragmented } from './fragmented';
import { placesOf } from './painted.svelte';
import type { CascadeRow, LevelState, Threshold } from './told';
import {
  answerOf,
  backEnds,
  goneOf,
  isOf,
  levelSays,
  meant,
  nextOf,
  nextSays,
  recallAt,
  share,
  sidesOf,
  stageOf,
  thresholdSays,
} from './words';

const THRESHOLD: Threshold = {
  score: 0.31,
  recall: 0.99,
  estimate: 0.99,
  low: 0.93,
  high: 1,
  positives: 24,
  bags: 0,
  enough: true,
  keeps: 38,
  rejects: 474,
  says: '',
};

const LEVEL: LevelState = {
  level: 0,
  chip_size: 128,
  cells: 240,
  candidates: 240,
  made: 240,
  missing: 0,
  kept: 90,
  rejected: 147,
  undecided: 3,
  positive: 0,
  negative: 0,
  unsure: 0,
  removed: 0,
  state: 'current',
  threshold: null,
  went_on_at: null,
};
const AHEAD: LevelState = {
  ...LEVEL,
  level: 1,
  chip_size: 64,
  state: 'ahead',
  kept: null,
  undecided: null,
  candidates: null,
};

function row(id: string, some: Partial<CascadeRow> = {}): CascadeRow {
  return {
    id,
    task: 'chips',
    code: 1,
    class: 'water',
    title: 'Water',
    color: '#0000ff',
    scenes: ['s'],
    levels: [0, 1, 2],
    level: 1,
    done: false,
    recall: 0.99,
    actor: 'anna',
    at: '',
    ...some,
  };
}

describe('shares', () => {
  it('are never said to be whole where they are not', () => {
    expect([1, 0.99996, 0.995, 0.93, 0.5, 0.0004, 0].map(share)).toEqual([
      '100 %',
      '99.9 %',
      '99.5 %',
      '93 %',
      '50 %',
      '< 0.1 %',
      '0 %',
    ]);
  });
});

describe('a threshold', () => {
  it('is told in plain words', () => {
    expect(thresholdSays(THRESHOLD, 'Water')).toBe(
      'Keeps 38 of 512 chips; holds 99 % of chips with water, at least 93 % with 95 % confidence, from 24 positive chips.',
    );
  });

  it('says why there is none', () => {
    expect(thresholdSays({ ...THRESHOLD, score: null, positives: 0 }, 'Water')).toContain('no positive chip yet');
    expect(thresholdSays({ ...THRESHOLD, score: null, positives: 1 }, 'Water')).toContain(
      'only 1 positive chip so far',
    );
  });
});

describe('one level finer', () => {
  it('makes four chips at most of each that goes on, at the rates known so far', () => {
    const saved = { chips: 100, bytes: 1000, seconds: 50, says: '' };
    const next = nextOf({ grid: [LEVEL, AHEAD], saved });
    expect(next).toEqual({ chips: 372, bytes: 3720, seconds: 186 });
    expect(nextSays(next)).toBe('Makes up to 372 chips: about 3 min 6 s, 3.7 kB');
    expect(levelSays(LEVEL, null)).toBe('93 of 240 go on');
    expect(levelSays({ ...LEVEL, state: 'done' }, null)).toBe('93 of 240 kept');
    expect(levelSays(AHEAD, next)).toBe('up to 372 chips');
    expect(levelSays(AHEAD, null)).toBe('not begun');
  });

  it('says no cost that is not known, and nothing of a level finer than the finest', () => {
    const saved = { chips: 0, bytes: 0, seconds: null, says: '' };
    expect(nextSays(nextOf({ grid: [LEVEL, AHEAD], saved }))).toBe('Makes up to 372 chips');
    expect(
      nextOf({
        grid: [
          { ...LEVEL, state: 'done' },
          { ...AHEAD, state: 'current' },
        ],
        saved,
      }),
    ).toBeNull();
  });

  it('can be cut while sides are whole and not too small', () => {
    expect(sidesOf(256)).toEqual([256, 128, 64, 32, 16, 8]);
    expect(sidesOf(100)).toEqual([100, 50, 25]);
    expect(sidesOf(33)).toEqual([33]);
  });
});

describe('answers', () => {
  const label = (some: Partial<ChipLabel>): { label: ChipLabel } => ({
    label: {
      classes: [],
      negative: [],
      reason: null,
      confidence: null,
      value: 'positive',
      shares: null,
      methods: [],
      actors: [],
      answered_at: null,
      ...some,
    },
  });

  it('are those of the class', () => {
    expect(answerOf({ label: null }, 1, 'positive')).toBe('none');
    expect(answerOf(label({ classes: [1] }), 1)).toBe('positive');
    expect(answerOf(label({ negative: [1], value: 'negative' }), 1)).toBe('negative');
    expect(answerOf(label({ value: 'unsure' }), 1)).toBe('unsure');
    expect(answerOf(label({ classes: [2] }), 1)).toBe('none');
    expect(answerOf(label({ classes: [2] }), 1, 'positive')).toBe('positive');
  });

  it('give the recall that a score stands for', () => {
    const scores = Float32Array.from([0.9, 0.5, 0.1, NaN]);
    const answers = ['positive', 'positive', 'none', 'positive'] as const;
    expect(recallAt(0.6, scores, answers)).toBe(0.5);
    expect(recallAt(0.5, scores, answers)).toBe(1);
    expect(recallAt(0.5, scores, ['none', 'none', 'none', 'none'])).toBeNull();
  });
});

describe('which cascade', () => {
  const all = [row('new', { done: true }), row('open'), row('old', { class: 'forest', code: 2 })];

  it('is the named one, else an open one, else the latest', () => {
    const asked = { id: null, class: null, scene: null, task: null };
    expect(meant(all, { ...asked, id: 'old' })?.id).toBe('old');
    expect(meant(all, asked)?.id).toBe('open');
    expect(meant(all, { ...asked, class: 'forest' })?.id).toBe('old');
    expect(meant([all[0]!], asked)?.id).toBe('new');
    expect(meant(all, { ...asked, scene: 'other' })).toBeNull();
  });

  it('comes after another, class by class', () => {
    const classes = [
      { code: 0, name: 'cloud', title: 'Cloud', color: '#fff', not_applicable: true },
      { code: 1, name: 'water', title: 'Water', color: '#00f', not_applicable: false },
      { code: 2, name: 'forest', title: 'Forest', color: '#0f0', not_applicable: false },
      { code: 3, name: 'town', title: 'Town', color: '#f00', not_applicable: false },
    ] as SchemeClass[];
    const chosen = choicesOf(classes, all, 'chips', 's');
    expect(chosen.map((one) => `${one.title}: ${one.says}`)).toEqual([
      'Water: level 2 of 3',
      'Forest: level 2 of 3',
      'Town: not begun',
    ]);
    expect(following(chosen, 1)?.code).toBe(2);
    expect(following(chosen, 2)?.code).toBe(1);
    const done = choicesOf(classes, [all[0]!, row('f', { class: 'forest', code: 2, done: true })], 'chips', 's');
    expect(following(done, 1)?.code).toBe(3);
    expect(following(done.slice(0, 2), 1)).toBeNull();
    expect(stageOf(all[0]!)).toBe('done');
  });
});

describe('the classes of a scene', () => {
  it('cover the finest chips below theirs, within the scene', () => {
    const one = { x: [0, 64], y: [0, 0], chip_size: 64, color: '#0000ff' };
    const fine = { x: [32], y: [0], chip_size: 32, color: '#ff0000' };
    expect([...placesOf([one, fine], 32, 3, 2)]).toEqual([
      [0, '#0000ff'],
      [1, '#0000ff'],
      [3, '#0000ff'],
      [4, '#0000ff'],
      [2, '#0000ff'],
      [5, '#0000ff'],
      [1, '#ff0000'],
    ]);
  });
});

describe('the sign of a level', () => {
  it('has twice the lines of the one before', () => {
    expect(fragmented(0)).toBe('M2 2h20v20H2z');
    expect(fragmented(1)).toBe('M2 2h20v20H2zM12 2v20M2 12h20');
  });
});

describe('what is taken back on the page', () => {
  const told = { id: 'water-s', task: 'chips', at: '2026-01-02T00:00:00.000000Z', scenes: ['s_1'], levels: [0, 1] };
  const step = (more: Partial<Act>): Act => ({
    id: 'a',
    kind: 'answer',
    task: 'chips',
    chips: 1,
    chip_id: 's_1_0_2_3',
    at: '2026-01-02T00:00:01.000000Z',
    says: 'Water: positive, 1 chip',
    ...more,
  });
  const own = (says: string): Act => step({ kind: 'cascade', chips: 0, chip_id: null, says });

  it('is of this cascade', () => {
    expect(isOf(step({}), told)).toBe(true);
    expect(isOf(step({ at: '' }), told)).toBe(true);
    expect(isOf(step({ kind: 'bulk', chips: 3, chip_id: null, says: 'Water: positive, 3 chips' }), told)).toBe(true);
    expect(isOf(own('Cascade water-s: level 0 left'), told)).toBe(true);
    expect(isOf(own('Cascade water-s: recall 0.95'), told)).toBe(true);
  });

  it('is not its start, nor of before, nor of anything else', () => {
    expect(isOf(own('Cascade water-s begun: Water'), told)).toBe(false);
    expect(isOf(own('Cascade water-s-2: level 0 left'), told)).toBe(false);
    expect(isOf(step({ at: '2026-01-01T23:59:59.000000Z' }), told)).toBe(false);
    expect(isOf(step({ task: 'pixels' }), told)).toBe(false);
    expect(isOf(step({ chip_id: 's_2_0_2_3' }), told)).toBe(false);
    expect(isOf(step({ chip_id: 's_1_2_2_3' }), told)).toBe(false);
    expect(isOf(step({ kind: 'attribute', task: null }), told)).toBe(false);
    const file = { kind: 'bulk', chips: 9, chip_id: null, says: '9 answers from labels.csv, 9 chips' } as const;
    expect(isOf(step(file), told)).toBe(false);
  });

  it('ends with the start, unless another recall was chosen', () => {
    const row = { ...told, level: 0, done: false };
    expect(backEnds(row, [own('Cascade water-s begun: Water')])).toBe(true);
    expect(backEnds(row, [own('Cascade water-s: recall 0.95')])).toBe(false);
    expect(backEnds({ ...row, level: 1 }, [])).toBe(false);
    expect(goneOf([step({}), own('Cascade water-s begun: Water')])?.says).toContain('begun');
    expect(goneOf([own('Cascade water-s: recall 0.95')])).toBe(null);
  });
});
