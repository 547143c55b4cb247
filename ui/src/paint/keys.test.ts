import { describe, expect, it } from 'vitest';
import { commandsOf, type Actor } from './actions';
import { HERE } from './editor.svelte';
import { viewCommands } from './views/commands';
import type { Views } from './views/views.svelte';

describe('the keys of the editor', () => {
  it('are each one command’s', () => {
    const views = viewCommands({} as Views, {
      view: () => ({ x: 0, y: 0, zoom: 1, fit: true }),
      setView: () => undefined,
    });
    const all = [...commandsOf({} as Actor), ...views.map((one) => ({ ...one, keys: HERE[one.id] ?? one.keys }))];
    const keys = all.flatMap((one) => one.keys);
    expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([]);
    const ids = all.map((one) => one.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(keys).not.toContain('a'); // the assistant's
  });
});
