/** Walking from chip to chip: through the list that the page was opened from, else along the grid. */
import type { Walk } from '../chips/asked.svelte';
import { paramsOf } from '../chips/list';
import { get } from '../lib/api';
import { recall, remember } from '../lib/stored';
import type { ChipPage } from '../lib/types';

/** What the wall leaves behind in sessionStorage as `groundset.list`: the list, and the place of the chip in it. */
export type ListPlace = Walk;

export interface Around {
  previous: string | null;
  next: string | null;
  /** Counted from 0; null where the chip is in no list. */
  place: number | null;
  total: number | null;
}

export const NOWHERE: Around = { previous: null, next: null, place: null, total: null };

export function readList(): ListPlace | null {
  try {
    const told = JSON.parse(recall('list', 'session') ?? 'null') as Partial<ListPlace> | null;
    if (!told || typeof told.offset !== 'number') return null;
    return { ...told, filter: told.filter ?? '', sort: told.sort ?? '', task: told.task ?? '', offset: told.offset };
  } catch {
    return null;
  }
}

export function keepPlace(list: ListPlace, offset: number): void {
  remember('list', JSON.stringify({ ...list, offset }), 'session');
}

/** Where a chip stands in a list, near the place last looked at; null where it is not there. */
export async function findAround(id: string, list: ListPlace, signal?: AbortSignal): Promise<Around | null> {
  if (list.ids) return among(id, list.ids);
  const from = Math.max(0, list.offset - 2);
  const page = await near(list, from, signal);
  const at = page.chips.findIndex((chip) => chip.id === id);
  if (at < 0) return null;
  const place = from + at;
  return {
    previous: page.chips[at - 1]?.id ?? null,
    next: page.chips[at + 1]?.id ?? null,
    place,
    total: page.total,
  };
}

/** The list as it was when it was left (`pin`); where the server has forgotten that, as it is now. */
async function near(list: ListPlace, offset: number, signal?: AbortSignal): Promise<ChipPage> {
  const query = { ...paramsOf(list), limit: 5, offset };
  return get<ChipPage>('/chips', list.pin ? { ...query, pin: list.pin, anew: true } : query, { signal });
}

function among(id: string, ids: readonly string[]): Around | null {
  const place = ids.indexOf(id);
  if (place < 0) return null;
  return { previous: ids[place - 1] ?? null, next: ids[place + 1] ?? null, place, total: ids.length };
}
