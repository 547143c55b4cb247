/** What a press on a chip does to the selection: the same on wall, table and map. */
import { selection } from '../label/selection.svelte';
import type { ChipList } from './list';

export interface How {
  /** Place that a range begins at where no chip was pressed before. */
  from?: number;
  shift?: boolean;
  /** Ctrl or Command: beside what is selected. */
  add?: boolean;
}

/** Places of a range, whichever end was pressed first. */
export function between(a: number, b: number): { first: number; end: number } {
  return { first: Math.min(a, b), end: Math.max(a, b) + 1 };
}

/** One chip alone; with Shift all from the last one pressed; with Ctrl it comes or goes. */
export async function pick(list: ChipList, index: number, { from = index, shift, add }: How): Promise<void> {
  const chip = list.at(index);
  if (!chip) return;
  if (shift) {
    const anchor = selection.anchor;
    const start = (anchor === null ? undefined : list.placeOf(anchor)) ?? from;
    const ids = await list.ids(between(start, index));
    const known = list.at(start)?.id ?? anchor;
    if (add) selection.add(ids);
    else selection.replace(ids, known);
  } else if (add) selection.toggle(chip.id);
  else selection.replace([chip.id], chip.id);
}
