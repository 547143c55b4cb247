import { flushSync } from 'svelte';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { asked, embed, same } from './embed.svelte';
import { selection } from './selection.svelte';

let end = (): void => undefined;
afterEach(() => {
  end();
  selection.clear();
});

function around(): { window: Window; told: unknown[] } {
  const told: unknown[] = [];
  return { window: { postMessage: (message: unknown) => told.push(message) } as unknown as Window, told };
}

function say(source: Window, data: unknown): void {
  const event = new MessageEvent('message', { data });
  Object.defineProperty(event, 'source', { value: source });
  window.dispatchEvent(event);
  flushSync();
}

describe('a page in a notebook', () => {
  test('only what asks for a selection is one', () => {
    expect(asked({ groundset: 'select', ids: ['a', 3, 'b'] })).toEqual(['a', 'b']);
    for (const other of [null, 'select', { groundset: 'select' }, { groundset: 'ready', ids: [] }])
      expect(asked(other)).toBeNull();
  });

  test('selections are the same in whatever order', () => {
    expect(same(['a', 'b'], ['b', 'a'])).toBe(true);
    expect(same(['a'], ['b'])).toBe(false);
    expect(same([], ['b'])).toBe(false);
  });

  test('it tells the selection, and hears of none but the window around it', () => {
    const { window: outside, told } = around();
    end = embed(outside);
    flushSync();
    expect(told).toEqual([{ groundset: 'embedded' }]);
    selection.replace(['a', 'b']);
    flushSync();
    expect(told.at(-1)).toEqual({ groundset: 'selection', ids: ['a', 'b'] });
    say(window, { groundset: 'select', ids: ['x'] });
    expect(selection.list()).toEqual(['a', 'b']);
    say(outside, { groundset: 'select', ids: ['c'] });
    expect(selection.list()).toEqual(['c']);
    expect(told).toHaveLength(2); // what it was asked for is not told back
    selection.clear();
    flushSync();
    expect(told.at(-1)).toEqual({ groundset: 'selection', ids: [] });
  });

  test('it ends', () => {
    const { window: outside, told } = around();
    embed(outside)();
    selection.replace(['a']);
    flushSync();
    say(outside, { groundset: 'select', ids: ['c'] });
    expect(selection.list()).toEqual(['a']);
    expect(told).toHaveLength(1);
    vi.restoreAllMocks();
  });
});
