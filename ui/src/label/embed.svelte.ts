/**
 * What a page in a notebook's frame and the notebook say to each other (groundset/notebook.js): the selection, both
 * ways, and that labels changed.
 */
import { live } from '../lib/live.svelte';
import { selection } from './selection.svelte';

export type Told =
  | { groundset: 'embedded' }
  | { groundset: 'selection'; ids: string[] }
  | { groundset: 'labels'; head: number; task: string | null };

/** The chips that the notebook asks to select; null where a message is something else. */
export function asked(data: unknown): string[] | null {
  if (typeof data !== 'object' || data === null) return null;
  const { groundset, ids } = data as { groundset?: unknown; ids?: unknown };
  if (groundset !== 'select' || !Array.isArray(ids)) return null;
  return ids.filter((one): one is string => typeof one === 'string');
}

/** Whether two selections are the same, in whatever order. */
export function same(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  const there = new Set(b);
  return a.every((one) => there.has(one));
}

/** Begin to talk with the window around this one; returns what ends it. */
export function embed(around: Window = window.parent): () => void {
  const tell = (message: Told): void => around.postMessage(message, '*');
  let last: string[] = [];
  const hear = (event: MessageEvent): void => {
    if (event.source !== around) return;
    const ids = asked(event.data);
    if (!ids || same(ids, selection.list())) return;
    last = ids;
    selection.replace(ids, ids[0] ?? null);
  };
  addEventListener('message', hear);
  const stop = $effect.root(() => {
    $effect(() => {
      const ids = selection.list();
      if (same(ids, last)) return;
      last = ids;
      tell({ groundset: 'selection', ids });
    });
  });
  const off = live.on<{ head: number; task: string | null }>('annotations', ({ head, task }) =>
    tell({ groundset: 'labels', head, task }),
  );
  tell({ groundset: 'embedded' });
  return () => {
    removeEventListener('message', hear);
    stop();
    off();
  };
}
