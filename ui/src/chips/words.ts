/** Small readings of what the server says. */
import type { ChipRow, Problem, Queryable } from '../lib/types';

/** The column (from 1) that a problem with a filter points at. */
export function columnOf(problem: Problem): number | null {
  for (const text of [problem.found, problem.detail, problem.title]) {
    const match = /column (\d+)/i.exec(text ?? '');
    if (match) return Math.max(1, Number(match[1]));
  }
  return null;
}

/** Where a problem with a filter stands in its text, in UTF-16 units as fields count; null where nobody can say. */
export function spanOf(problem: Problem, text: string): { start: number; end: number } | null {
  const at = problem.position;
  const column = columnOf(problem);
  if (!at) return column === null ? null : { start: column - 1, end: column };
  const characters = [...text];
  const units = (count: number): number => characters.slice(0, count).join('').length;
  return { start: units(at.start), end: Math.max(units(at.end), units(at.start) + 1) };
}

/** What a problem with a filter says, without the column that is shown. */
export function sentenceOf(problem: Problem): string {
  const text = problem.title.replace(/^(line \d+, )?column \d+: /, '');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function queryable(all: Queryable[], name: string): Queryable | undefined {
  return all.find((one) => one.name === name);
}

/** A filter to begin with, about something that chips here do state. */
export function exampleOf(all: Queryable[]): string {
  const clouds = bound(queryable(all, 'cloud_cover')?.minimum, 'number');
  if (clouds !== null && clouds < 10) return 'cloud_cover < 10';
  const label = queryable(all, 'label')?.values?.[0]?.[0];
  const valid = bound(queryable(all, 'valid_fraction')?.maximum, 'number');
  const parts = [valid !== null && valid > 0.9 ? 'valid_fraction > 0.9' : '', label ? `label = '${label}'` : ''];
  return parts.filter(Boolean).join(' AND ') || 'label IS NULL';
}

/** Properties of a filter that no chip states: whatever is asked of them, none is kept. */
export function unstated(text: string, all: Queryable[], chips: number): string[] {
  const bare = text.replace(/'(?:[^']|'')*'/g, '');
  const named = new Set(bare.match(/\b[A-Za-z_]\w*\b/g) ?? []);
  return all.filter((one) => named.has(one.name) && chips > 0 && (one.missing ?? 0) >= chips).map((one) => one.name);
}

/** A bound of a queryable as a number, or as a day. */
export function bound(value: number | string | null | undefined, kind: 'number'): number | null;
export function bound(value: number | string | null | undefined, kind: 'day'): string | null;
export function bound(value: number | string | null | undefined, kind: 'number' | 'day'): number | string | null {
  if (value === null || value === undefined) return null;
  if (kind === 'day') return typeof value === 'string' ? value.slice(0, 10) : null;
  return Number.isFinite(Number(value)) ? Number(value) : null;
}

export const ORDERS = ['similar', 'uncertain', 'typical', 'newest', 'random', 'id'] as const;
export type Order = (typeof ORDERS)[number];

/** Orders that the machine makes. */
const LEARNED: readonly Order[] = ['similar', 'uncertain', 'typical'];

/** Orders as a menu has them; those that the machine makes only where there is something to learn. */
export function ordersOf(learned: boolean, what: string): { value: Order; title: string }[] {
  const titles: Record<Order, string> = {
    similar: what ? `Most like ${what}` : 'Most alike',
    uncertain: 'Most uncertain',
    typical: 'Most typical',
    newest: 'Newest first',
    random: 'Random',
    id: 'By id',
  };
  return ORDERS.filter((one) => learned || !LEARNED.includes(one)).map((value) => ({ value, title: titles[value] }));
}

/** Whether an order comes from what the machine has learned. */
export function learns(sort: string): boolean {
  return LEARNED.includes(orderOf(sort));
}

/** `random:17` is the order `random`. */
export function orderOf(sort: string): Order {
  const name = sort.split(':')[0];
  return ORDERS.find((one) => one === name) ?? 'id';
}

/** A seed for another shuffle, not the one in force. */
export function reshuffle(sort: string, chance: () => number = Math.random): string {
  const seed = 1 + Math.floor(chance() * 9998);
  const next = `random:${seed}`;
  return next === sort ? `random:${seed + 1}` : next;
}

/** The place of a chip on the ground, for the status line: `45.812° N, 9.071° E`. */
export function whereOf(chip: ChipRow): string | null {
  if (!chip.bbox) return null;
  const [west, south, east, north] = chip.bbox as [number, number, number, number];
  const at = (value: number, plus: string, minus: string): string =>
    `${Math.abs(value).toFixed(3)}° ${value < 0 ? minus : plus}`;
  return `${at((south + north) / 2, 'N', 'S')}, ${at((west + east) / 2, 'E', 'W')}`;
}
