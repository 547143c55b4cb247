import { describe, expect, it } from 'vitest';
import type { Annotation, SchemeClass } from '../lib/types';
import { tell } from './timeline';

const water: SchemeClass = { code: 1, name: 'water', title: 'Water', color: '#0000ff', not_applicable: false };
const forest: SchemeClass = { code: 2, name: 'forest', title: 'Forest', color: '#00ff00', not_applicable: false };
const classOf = (_: string | null, code: number) => [water, forest].find((one) => one.code === code);

let seq = 0;
const event = (part: Partial<Annotation>): Annotation => ({
  seq: ++seq,
  id: `id-${seq}`,
  at: '2026-11-21T12:00:00Z',
  actor: 'anna',
  kind: 'answer',
  task: 'chips',
  chip_id: 'c',
  payload: {},
  undoes: null,
  bulk: null,
  active: true,
  ...part,
});
const one = (part: Partial<Annotation>) => tell([event(part)], classOf)[0]!;

describe('tell', () => {
  it.each([
    [{ class: 1, value: 'positive' }, 'Water'],
    [{ class: 1, value: 'negative' }, 'not Water'],
    [{ class: 2, value: 'unsure' }, 'unsure: Forest'],
    [{ classes: [2, 1] }, 'Forest, Water'],
    [{ classes: [] }, 'no class'],
    [{ class: 9, value: 'positive' }, 'class 9'],
  ])('an answer %j', (payload, text) => expect(one({ payload }).text).toBe(text));

  it('a reason, colours', () => {
    const found = one({ payload: { class: 1, value: 'not-applicable', reason: 'cloud' } });
    expect(found).toMatchObject({ text: 'not applicable: Water', note: 'cloud', colors: ['#0000ff'] });
  });

  it.each([
    [{ actor: 'model:pixels-forest' }, 'pixels-forest', 'model', 'proposed a mask'],
    [{ bulk: 'b' }, 'anna', 'file', 'brought a mask'],
    [{}, 'anna', 'person', 'drew a mask'],
  ])('a mask of %j', (part, who, by, text) => {
    const payload = { sha256: 'x', strokes: 3, seconds: 70, reasons: { cloud: 1200 } };
    expect(one({ kind: 'mask', payload, ...part })).toMatchObject({
      who,
      by,
      text,
      note: '3 strokes, 1 min 10 s, cloud 1,200 px',
    });
  });

  it.each([
    ['brush', 'painted with the brush tool'],
    ['region removed', 'removed segments'],
    ['start', 'began with the best segments'],
  ])('a stroke of %s is one thing, told without its count', (tool, text) => {
    const payload = { sha256: 'x', strokes: 1, seconds: 4, tool };
    expect(one({ kind: 'mask', payload })).toMatchObject({ text, note: null });
  });

  it('shapes and comments', () => {
    const features = [{ properties: { class: 1 } }, { properties: { class: 1 } }];
    expect(one({ kind: 'shapes', payload: { features } }).text).toBe('drew 2 shapes: Water');
    expect(one({ kind: 'comment', payload: { text: 'what is this?' } }).text).toBe('what is this?');
  });

  it.each([
    [{ kind: 'work', payload: { state: 'incomplete' } }, 'marked incomplete', null],
    [
      { kind: 'work', payload: { state: 'complete', difficulty: 4, cannot_tell: 'haze', note: 'look again' } },
      'marked complete',
      'difficulty 4, cannot tell: haze, “look again”',
    ],
    [{ kind: 'training', payload: { use: false } }, 'removed from training', null],
    [{ kind: 'attribute', payload: { name: 'season', value: null } }, 'season: taken away', null],
    [{ kind: 'attribute', payload: { name: 'cloudy', value: true } }, 'cloudy: yes', null],
    [{ kind: 'mask', payload: { tool: 'lasso', seconds: 3 } }, 'painted with the lasso tool', null],
    [{ kind: 'mask', payload: { tool: 'region' } }, 'took a segment', null],
    [{ kind: 'shapes', payload: { layer: 'x', features: [] } }, 'removed an outline', null],
  ] as [Partial<Annotation>, string, string | null][])('%j', (part, text, note) =>
    expect(one(part)).toMatchObject({ text, note }),
  );

  it('the same in a row as one line', () => {
    const brush = (part: Partial<Annotation> = {}) => event({ kind: 'mask', payload: { tool: 'brush' }, ...part });
    const strokes = [brush(), brush(), brush({ at: '2026-11-21T12:09:00Z' }), brush({ actor: 'ben' }), brush()];
    const undone = brush({ active: false });
    const told = tell([...strokes, undone, event({ kind: 'undo', undoes: undone.id })], classOf);
    expect(told.map((t) => [t.who, t.text, t.times])).toEqual([
      ['anna', 'took back a stroke', 1],
      ['anna', 'painted with the brush tool', 1],
      ['anna', 'painted with the brush tool', 1],
      ['ben', 'painted with the brush tool', 1],
      ['anna', 'painted with the brush tool', 3],
    ]);
  });

  it('undo and redo, newest first', () => {
    const answer = event({ payload: { class: 1, value: 'positive' }, active: false });
    const undo = event({ kind: 'undo', undoes: answer.id, actor: 'ben' });
    const redo = event({ kind: 'undo', undoes: undo.id });
    const told = tell([answer, undo, redo], classOf);
    expect(told.map((t) => t.text)).toEqual(['did it again', 'took back an answer of anna', 'Water']);
    expect(told.map((t) => t.undone)).toEqual([false, false, true]);
  });
});
