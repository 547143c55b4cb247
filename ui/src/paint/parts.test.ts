import { describe, expect, it } from 'vitest';
import { Active, IDLE_MS } from './active';
import { bindingsOf, clash, type Command, keyOf, sound } from './commands';
import { back, drawn, forth, NO_STEPS, type Step, told } from './steps';

describe('active seconds', () => {
  it('count while something is done, and a while after', () => {
    let now = 0;
    const active = new Active(() => now);
    expect(active.seconds).toBe(0);
    active.stir();
    now = 10_000;
    active.stir();
    now = 20_000;
    expect(active.take()).toBe(20);
    now += 5_000;
    expect(active.take()).toBe(5);
    now += 10 * IDLE_MS;
    expect(active.take()).toBe((10_000 + IDLE_MS - 25_000) / 1000);
    now += 60_000;
    expect(active.take()).toBe(0);
    active.stir();
    now += 2_000;
    active.rest();
    now += 9_000;
    expect(active.take()).toBe(2);
  });
});

describe('steps', () => {
  const step = (id: string): Step => ({ id, tool: 'brush', change: null });

  it('go back and forth, and a new stroke ends what could be redone', () => {
    let steps = drawn(drawn(NO_STEPS, step('a')), step('b'));
    steps = back(steps, 'undo b');
    expect(steps.redo).toEqual([{ ...step('b'), by: 'undo b' }]);
    expect(forth(steps).undo.map(({ id }) => id)).toEqual(['b', 'a']);
    expect(drawn(steps, step('c'))).toEqual({ undo: [step('c'), step('a')], redo: [] });
    expect(back(NO_STEPS, 'x')).toEqual(NO_STEPS);
    expect(forth(NO_STEPS)).toEqual(NO_STEPS);
  });

  it('the server tells: what is known of them stays only where the order is trusted', () => {
    const change = {} as Step['change'];
    const known = { undo: [{ id: 'b', tool: 'line', change }], redo: [] };
    const server = { undo: [{ id: 'b', tool: 'line' }, { id: 'a' }], redo: [{ id: 'c', by: 'u', tool: null }] };
    expect(told(server, known, true).undo[0]!.change).toBe(change);
    expect(told(server, known, true).undo[1]).toMatchObject({ tool: 'load', change: null });
    expect(told(server, known, false).undo[0]!.change).toBeNull();
    expect(told(server, known, true).redo[0]!.by).toBe('u');
  });
});

describe('keys', () => {
  const run = (): void => undefined;
  const commands: Command[] = [
    { id: 'brush', title: 'Brush', part: 'Tools', keys: ['d'], run },
    { id: 'undo', title: 'Undo', part: 'Draw', keys: ['u', 'Ctrl+z'], run },
  ];
  const names = (chosen: Record<string, string>) => bindingsOf(commands, chosen).map(({ key }) => key);

  it('are those of the house until they are changed', () => {
    expect(names({})).toEqual(['d', 'u', 'Ctrl+z']);
    expect(names({ undo: 'z' })).toEqual(['d', 'z']);
    expect(names({ undo: 'd' })).toEqual(['d']);
    expect(names({ brush: '' })).toEqual(['u', 'Ctrl+z']);
    expect(keyOf(commands[0]!, { brush: 'q' })).toBe('q');
  });

  it('conflicts are told', () => {
    expect(clash(commands, {}, 'undo', 'd')).toMatchObject({ frees: { id: 'brush' } });
    expect(clash(commands, { brush: 'x' }, 'undo', 'd')).toBeNull();
    expect(clash(commands, {}, 'undo', '?')).toMatchObject({ frees: null });
    expect(clash(commands, {}, 'undo', 'u')).toBeNull();
  });

  it('that were kept are sound: each once, of commands that there are', () => {
    expect(sound(commands, { brush: 'x', undo: 'x', gone: 'y' })).toEqual({ brush: 'x' });
  });
});
