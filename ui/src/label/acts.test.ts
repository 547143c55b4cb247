import { describe, expect, it } from 'vitest';
import { type Act, chipOf, eventOf, inWords, newId, sizeOf } from './acts';

function act(change: Partial<Act> = {}): Act {
  const base: Act = {
    id: newId(),
    kind: 'answer',
    task: 'chips',
    chips: ['a'],
    payloads: [{ class: 1, value: 'positive' }],
    undoes: null,
    actor: 'anna',
    says: 'Water: positive, a',
  };
  return { ...base, ...change };
}

describe('newId', () => {
  it('is a UUID of version 4 with room for its members', () => {
    expect(newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{4}00000000$/);
    expect(new Set(Array.from({ length: 1000 }, () => newId())).size).toBe(1000);
  });
});

describe('eventOf', () => {
  it('is one answer for one chip', () => {
    const one = act();
    expect(sizeOf(one)).toBe(1);
    expect(eventOf(one, 0)).toEqual({
      id: one.id,
      kind: 'answer',
      task: 'chips',
      chip_id: 'a',
      payload: { class: 1, value: 'positive' },
    });
  });

  it('is a bulk event and its members for many, the same at every sending', () => {
    const many = act({ chips: ['a', 'b', 'c'] });
    const events = Array.from({ length: sizeOf(many) }, (_, i) => eventOf(many, i));
    expect(events.map((one) => one.kind)).toEqual(['bulk', 'answer', 'answer', 'answer']);
    expect(events.slice(1).map((one) => [one.chip_id, one.bulk])).toEqual(many.chips.map((chip) => [chip, many.id]));
    expect(new Set(events.map((one) => one.id)).size).toBe(4);
    expect(Array.from({ length: 4 }, (_, i) => eventOf(many, i))).toEqual(events);
    expect(events.map((_, i) => chipOf(many, i))).toEqual([null, 'a', 'b', 'c']);
  });

  it('says several things of each chip', () => {
    const two = act({
      chips: ['a', 'b'],
      payloads: [
        { class: 2, value: 'unlabelled' },
        { class: 1, value: 'negative' },
      ],
    });
    expect(sizeOf(two)).toBe(5);
    expect([1, 2, 3, 4].map((i) => [eventOf(two, i).chip_id, eventOf(two, i).payload!['class']])).toEqual([
      ['a', 2],
      ['a', 1],
      ['b', 2],
      ['b', 1],
    ]);
  });

  it('names what an undo takes back, and no task for an attribute', () => {
    const undo = act({ kind: 'undo', undoes: 'x', chips: ['a', 'b'], payloads: [] });
    expect(sizeOf(undo)).toBe(1);
    expect(eventOf(undo, 0)).toEqual({ id: undo.id, kind: 'undo', undoes: 'x', payload: {} });
    const flag = act({ kind: 'attribute', task: null, payloads: [{ name: 'cloudy', value: true }] });
    expect(eventOf(flag, 0)).not.toHaveProperty('task');
  });
});

it('tells acts in words', () => {
  expect(inWords('Water: positive', ['s_0_1_2'])).toBe('Water: positive, 1 chip');
  expect(inWords('Unsure', Array.from({ length: 1200 }, String))).toBe('Unsure, 1,200 chips');
});
