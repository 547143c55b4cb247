/** Where a list begins: where the person was who comes back from a chip, else what the address says. */
import { route } from '../lib/router.svelte';
import { recall } from '../lib/stored';
import { type Walk, orderKey } from './asked.svelte';
import type { ListQuery } from './list';

export interface Beginning {
  /** The first chip in view. */
  at: number;
  cursor: number;
  /** The person was here before. */
  back: boolean;
}

export function beginning(query: ListQuery): Beginning {
  const at = Math.max(0, Math.floor(Number(route.query.get('at'))) || 0);
  try {
    const walk = JSON.parse(recall('list', 'session') ?? 'null') as Walk | null;
    const same = walk && walk.task === query.task && orderKey(walk) === orderKey(query);
    if (same && recall('walking', 'session') === 'yes') return { at, cursor: walk.offset, back: true };
  } catch {
    /* nobody's list */
  }
  return { at, cursor: at, back: false };
}
