import { describe, expect, it } from 'vitest';
import type { ChipLabel, ChipRow } from '../lib/types';
import { type Act, newId } from './acts';
import { asOf } from './asof';
import { deltaOf } from './counting';
import { type Rules, after, stateOf } from './effect';
import { Overlay } from './overlay';
import { NO_HISTORY, steps } from './steps';

const classes = [1, 2, 3].map((code) => ({
  code,
  name: `c${code}`,
  title: `C${code}`,
  color: '#112233',
})) as Rules['classes'];
const ONE: Rules = { multi: false, classes };
const MANY: Rules = { multi: true, classes };

function row(id: string, label: Partial<ChipLabel> | null = null, head = 10): ChipRow {
  const whole = label && {
    classes: [],
    negative: [],
    value: null,
    methods: [],
    actors: [],
    answered_at: null,
    shares: null,
    ...label,
  };
  const chip = { id, label: whole, training: true, attributes: {} } as unknown as ChipRow;
  return asOf([chip], head)[0]!;
}

function act(chips: string[], payload: Record<string, unknown>, change: Partial<Act> = {}): Act {
  const kind = 'use' in payload ? 'training' : 'name' in payload ? 'attribute' : 'answer';
  return {
    id: newId(),
    kind,
    task: 't',
    chips,
    payloads: [payload],
    undoes: null,
    actor: 'anna',
    says: 's',
    ...change,
  };
}

const positive = (code: number): Record<string, unknown> => ({ class: code, value: 'positive' });
const undo = (of: Act): Act => act([], {}, { kind: 'undo', undoes: of.id, payloads: [] });

describe('after', () => {
  const label = (start: Partial<ChipLabel> | null, rules: Rules, ...payloads: Record<string, unknown>[]) =>
    after(stateOf(row('a', start)), { ...act(['a'], {}), kind: 'answer', payloads }, rules).label;

  it('has one class a chip, or several', () => {
    expect(label({ classes: [1], value: 'positive' }, ONE, positive(2))).toMatchObject({
      classes: [2],
      value: 'positive',
    });
    expect(label({ classes: [2], value: 'positive' }, MANY, positive(1))).toMatchObject({ classes: [1, 2] });
  });

  it('takes a class away, and says nothing more where nothing is left', () => {
    expect(label({ classes: [1], value: 'positive' }, ONE, { class: 2, value: 'unlabelled' })).toBeNull();
    expect(label({ classes: [1, 2], value: 'positive' }, MANY, { class: 2, value: 'unlabelled' })).toMatchObject({
      classes: [1],
    });
    expect(label({ classes: [2], value: 'positive' }, MANY, { class: 2, value: 'unlabelled' })).toBeNull();
  });

  it('takes the other of two classes for what is not the one', () => {
    const two: Rules = { multi: false, classes: classes.slice(0, 2) };
    const not = (code: number): Record<string, unknown> => ({ class: code, value: 'negative' });
    expect(label(null, two, not(1))).toMatchObject({ classes: [2], negative: [1], value: 'positive' });
    expect(label(null, { ...two, multi: true }, not(1))).toMatchObject({ classes: [], value: 'negative' });
    expect(label({ classes: [2], negative: [1], value: 'positive' }, two, positive(1))).toMatchObject({ classes: [1] });
  });

  it('knows negatives, doubts and reasons', () => {
    expect(label(null, ONE, { class: 2, value: 'negative' })).toMatchObject({
      classes: [],
      negative: [2],
      value: 'negative',
    });
    expect(label({ classes: [2], value: 'positive' }, ONE, { class: 2, value: 'negative' })).toMatchObject({
      classes: [],
      negative: [2],
    });
    expect(label({ classes: [1], value: 'positive' }, ONE, { class: 1, value: 'unsure' })).toMatchObject({
      value: 'unsure',
      classes: [],
    });
    const cloud = { class: 1, value: 'not-applicable', reason: 'cloud' };
    expect(label(null, ONE, cloud)).toMatchObject({ value: 'not-applicable', reason: 'cloud' });
    expect(label({ value: 'unsure' }, ONE, positive(3))).toMatchObject({ classes: [3], value: 'positive' });
  });
});

describe('Overlay', () => {
  it('shows an answer until rows come that have it in', () => {
    const overlay = new Overlay();
    const one = act(['a'], positive(1));
    const old = row('a');
    overlay.add(one, ONE, () => old);
    expect(overlay.shown(old, 't').label?.classes).toEqual([1]);
    expect(overlay.shown(old, 'another').label).toBeNull();
    expect(overlay.shown(row('b'), 't').label).toBeNull();
    overlay.settle(one.id, 11);
    expect(overlay.shown(old, 't').label?.classes).toEqual([1]); // a row from before
    const later = row('a', { classes: [2], value: 'positive' }, 12); // somebody else has answered since
    expect(overlay.shown(later, 't')).toBe(later);
  });

  it('brings back what was before, and again what came after', () => {
    const overlay = new Overlay();
    const old = row('a', { classes: [3], value: 'positive' });
    const known = (): ChipRow => overlay.shown(old, 't');
    const first = act(['a'], positive(1));
    overlay.add(first, ONE, known);
    overlay.add(act(['a'], { name: 'cloudy', value: true }, { task: null }), ONE, known);
    const back = undo(first);
    expect(overlay.add(back, ONE, known)).toEqual(['a']);
    expect(overlay.shown(old, 't')).toMatchObject({ label: { classes: [3] }, attributes: { cloudy: true } });
    overlay.add(undo(back), ONE, known);
    expect(overlay.shown(old, 't')).toMatchObject({ label: { classes: [1] }, attributes: { cloudy: true } });
  });

  it('takes back what waits from before, where nothing is known of before', () => {
    const overlay = new Overlay();
    const first = act(['a'], positive(1));
    const back = undo(first);
    overlay.add(first, ONE, () => undefined);
    overlay.add(back, ONE, () => undefined);
    const came = row('a', { classes: [3], value: 'positive' });
    expect(overlay.shown(came, 't').label?.classes).toEqual([3]);
    overlay.add(undo(back), ONE, () => undefined);
    expect(overlay.shown(came, 't').label?.classes).toEqual([1]);
  });

  it('lets go of what the server refused, chip by chip', () => {
    const overlay = new Overlay();
    const one = act(['a', 'b'], { use: false });
    overlay.add(one, ONE, (id) => row(id));
    overlay.drop(one.id, ['a']);
    expect(overlay.shown(row('a'), 't').training).toBe(true);
    expect(overlay.shown(row('b'), 't').training).toBe(false);
    overlay.drop(one.id);
    expect(overlay.shown(row('b'), 't').training).toBe(true);
  });

  it('counts ahead of the server', () => {
    const overlay = new Overlay();
    const one = act(['a', 'b'], positive(1));
    overlay.add(one, ONE, (id) => row(id, id === 'a' ? { classes: [2], value: 'positive' } : null));
    const delta = deltaOf(one, overlay.changes(one.id), ONE);
    expect([...delta.positive]).toEqual([
      [2, -1],
      [1, 2],
    ]);
    expect(delta.negative.get(1)).toBe(-1);
    expect(delta.negative.get(2)).toBe(2);
    expect(delta.negative.get(3)).toBe(1);
  });
});

describe('steps', () => {
  const known = {
    ...NO_HISTORY,
    head: 5,
    undo: [{ id: 'x', kind: 'answer', task: 't', chips: 1, chip_id: 'c', at: '', says: 'old' }],
  };

  it('goes back and forth through what the server knows and what waits', () => {
    const one = act(['a'], positive(1), { says: 'new' });
    const back = undo(one);
    const further = { ...undo(one), id: newId(), undoes: 'x' };
    const again = { ...undo(one), id: newId(), undoes: further.id };
    const local = [one, back, further, again].map((each) => ({ act: each, seq: null }));
    const says = (count: number) => {
      const { undo: u, redo: r } = steps(known, local.slice(0, count));
      return [u.map((s) => s.says), r.map((s) => s.says)];
    };
    expect(says(1)).toEqual([['new', 'old'], []]);
    expect(says(2)).toEqual([['old'], ['new']]);
    expect(says(3)).toEqual([[], ['old', 'new']]);
    expect(says(4)).toEqual([['old'], ['new']]);
    expect(steps(known, local.slice(0, 3)).redo[0]!.id).toBe(further.id);
  });

  it('leaves out what the history has in', () => {
    const one = act(['a'], positive(1));
    expect(steps(known, [{ act: one, seq: 5 }]).undo.map((s) => s.says)).toEqual(['old']);
    expect(steps(known, [{ act: one, seq: 6 }]).undo).toHaveLength(2);
  });

  it('has nothing to redo after a new answer', () => {
    const one = act(['a'], positive(1));
    const local = [one, undo(one), act(['b'], positive(2), { says: 'b' })].map((each) => ({ act: each, seq: null }));
    expect(steps(known, local).redo).toEqual([]);
    expect(steps(known, local).undo.map((s) => s.says)).toEqual(['b', 'old']);
  });
});
