import { describe, expect, it } from 'vitest';
import type { Annotation, SchemeClass } from '../lib/types';
import { tell } from './timeline';

const classes: Record<number, SchemeClass> = {
  1: { code: 1, name: 'water', title: 'Water', color: '#0000ff' },
  2: { code: 2, name: 'forest', title: 'Forest', color: '#00ff00' },
};
    expect(one({ kind: 'mask', payload, ...part })).toMatchObject({
      who,
      by,
      text,
      note: '3 strokes, 1 min 10 s, cloud 1,200 px',
    });
  });

  it('shapes and comments', () => {
    const features = [{ properties: { class: 1 } }, { properties: { class: 1 } }];
    expect(one({ kind: 'shapes', payload: { features } }).text).toBe('drew 2 shapes: Water');
    expect(one({ kind: 'comment', payload: { text: 'what is this?' } }).text).toBe('what is this?');
  });

  it('undo and redo, newest first', () => {
    const answer = event({ payload: { class: 1, value: 'positive' }, active: false });
    const undo = event({ kind: 'undo', undoes: answer.id, actor: 'ben' });
    const redo = event({ kind: 'undo', undoes: undo.id });
    const told = tell([answer, undo, redo], (_, code) => classes[code]);
    expect(told.map((t) => t.text)).toEqual(['did it again', 'took back an answer of anna', 'Water']);
    expect(told.map((t) => t.undone)).toEqual([false, false, true]);
  });
});
