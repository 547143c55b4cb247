/** Up to which event of the journal a row of a chip counts labels: what was answered later is not in it yet. */
import type { ChipRow } from '../lib/types';

const heads = new WeakMap<ChipRow, number>();
let latest = 0;

/** Rows as they came, with the journal's number that the server gave with them. */
export function asOf<T extends readonly ChipRow[]>(rows: T, head: number): T {
  for (const row of rows) heads.set(row, head);
  heard(head);
  return rows;
}

/** -1 where nobody said. */
export function headOf(row: ChipRow): number {
  return heads.get(row) ?? -1;
}

/** The journal has come at least so far. */
export function heard(head: number): void {
  latest = Math.max(latest, head);
}

/** The server names so many chips at most. */
const MOST_NAMED = 500;

/** News of answers to very many chips, and to none by name, may be about any. */
export function maybeAll(chips: readonly string[]): boolean {
  return chips.length === 0 || chips.length >= MOST_NAMED;
}

export function concerns(chips: readonly string[], id: string): boolean {
  return maybeAll(chips) || chips.includes(id);
}

/** Chips that were answered, as the server told it, the newest last. */
const answered: { head: number; chips: readonly string[] }[] = [];
const KEPT = 100;

/** Chips were answered, up to this number of the journal. */
export function told(head: number, chips: readonly string[]): void {
  heard(head);
  answered.push({ head, chips });
  if (answered.length > KEPT) answered.shift();
}

/** Those of some chips that were answered later than this number: rows that were asked for before do not know it. */
export function answeredSince(head: number, ids: readonly string[]): string[] {
  const later = answered.filter((one) => one.head > head);
  return ids.filter((id) => later.some(({ chips }) => concerns(chips, id)));
}

/** Highest number of the journal heard of: what is asked for now is at least so new. */
export function latestHead(): number {
  return latest;
}
