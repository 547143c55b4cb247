import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { toasts } from '../lib/toast.svelte';
import { Layers } from './layers.svelte';
import type { Outlines } from './outlines.svelte';

const outlinesOf = (scene: string, ask: Outlines['ask']) => ({ task: 'ponds', scene, ask }) as Outlines;
const answer = { created: 1, known: 0 };

beforeEach(() => vi.stubGlobal('fetch', () => Promise.resolve(Response.json([]))));
afterEach(() => {
  vi.unstubAllGlobals();
  toasts.list = [];
});

it('what is asked for while another is under way comes behind it, on the scene it was asked on', async () => {
  const asked: string[] = [];
  let end: (() => void) | null = null;
  const scene = (name: string) =>
    outlinesOf(name, (async (path: string) => {
      asked.push(`${name}${path}`);
      if (!end) await new Promise<void>((resolve) => (end = resolve));
      return answer;
    }) as Outlines['ask']);
  let open = scene('a');
  let ids = ['one'];
  const layers = new Layers(
    () => open,
    () => ids,
  );
  const first = layers.bringIn(new File(['{}'], 'sea.geojson'));
  const second = layers.shift({ x: 1, y: 2 });
  open = scene('b');
  ids = [];
  expect(layers.busy).toBe(true);
  await vi.waitFor(() => expect(end).not.toBeNull());
  expect(asked).toEqual(['a/shapes/import']);
  end!();
  await Promise.all([first, second]);
  expect(asked).toEqual(['a/shapes/import', 'a/shapes/shift']);
  expect(layers.busy).toBe(false);
  expect(toasts.list.map((one) => one.text)).toEqual([
    'sea.geojson: 1 shape brought in. Undo takes it back.',
    '1 shape moved. Undo takes it back.',
  ]);
});

it('one that fails does not hold up the next', async () => {
  const ask = vi.fn().mockRejectedValueOnce(new Error('no')).mockResolvedValue(answer);
  const layers = new Layers(
    () => outlinesOf('a', ask as Outlines['ask']),
    () => [],
  );
  await Promise.all([layers.repair(), layers.repair(['x'])]);
  expect(ask).toHaveBeenCalledTimes(2);
  expect(toasts.list.at(-1)!.text).toBe('1 shape repaired.');
  expect(layers.busy).toBe(false);
});
