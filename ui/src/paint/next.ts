/** The chip to paint next: where an answer helps most, else the next one of the list that has no label yet. */
import { readList } from '../chip/walk';
import { paramsOf } from '../chips/list';
import { get } from '../lib/api';
import type { ChipPage } from '../lib/types';

interface Place {
  chip_id: string;
  x: number;
  y: number;
  width: number;
  height: number;
  says: string;
}

export interface Next {
  chip: string;
  /** Where in it to look, in its pixels, and why; null where only the chip is known. */
  place: { x: number; y: number; width: number; height: number } | null;
  says: string;
}

const PATIENCE = 2_500;
/** Places that the server tells at most. */
const MOST = 100;

/** `done`: chips that this person was on, in this session; they are not offered again. */
export async function nextChip(task: string, chip: string, done: ReadonlySet<string>): Promise<Next | null> {
  return (await mostUseful(task, chip, done)) ?? (await unlabelled(task, chip, done));
}

async function mostUseful(task: string, chip: string, done: ReadonlySet<string>): Promise<Next | null> {
  try {
    const signal = AbortSignal.timeout(PATIENCE);
    const n = Math.min(MOST, 10 + done.size);
    const places = await get<Place[]>('/assistant/next', { task, n, near: chip }, { signal });
    const found = places.find((one) => one.chip_id !== chip && !done.has(one.chip_id));
    if (!found) return null;
    const { chip_id, says, ...place } = found;
    return { chip: chip_id, place, says };
  } catch {
    return null; // it has learned nothing yet, or is not there: the list leads on
  }
}

/** In the order of the list that the page was opened from, beginning behind this chip. */
async function unlabelled(task: string, chip: string, done: ReadonlySet<string>): Promise<Next | null> {
  const list = readList();
  const clause = 'value IS NULL';
  const filter = list?.filter ? `(${list.filter}) AND ${clause}` : clause;
  const about = list ? { ...paramsOf(list), sort: list.sort } : {};
  const page = await get<ChipPage>('/chips', { ...about, filter, task, limit: 200 });
  const open = page.chips.map((one) => one.id).filter((id) => id !== chip && !done.has(id));
  const sorted = !list || list.sort === '' || list.sort === 'id';
  const found = (sorted ? open.find((id) => id > chip) : undefined) ?? open[0];
  return found ? { chip: found, place: null, says: 'the next chip without a label' } : null;
}
