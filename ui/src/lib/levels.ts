/** Chips of one size at a time: those of a finer level lie inside of coarser ones, and side by side they mix. */
import { split } from '../chips/cql';
import { count } from './format';
import type { WorkspaceInfo } from './types';

/** A level that has chips. */
export interface ChipLevel {
  level: number;
  chips: number;
  title: string;
}

/** In the address: chips of every level. */
export const EVERY = 'all';

/** The levels that have chips, the coarsest first; none where all chips are of one level. */
export function levelsOf(info: WorkspaceInfo | null): ChipLevel[] {
  const levels = info?.counts.levels ?? [];
  const size = info?.grid?.chip_size;
  if (levels.length < 2) return [];
  return levels.map((one) => ({ ...one, title: size ? `${size / 2 ** one.level} px` : `Level ${one.level}` }));
}

/** Chips of the coarsest level: each place is counted once. */
export function chipsOf(info: WorkspaceInfo | null): number {
  return info?.counts.levels?.[0]?.chips ?? info?.counts.chips ?? 0;
}

/** The finer chips beside those of the coarsest level, in words; '' where there are none. */
export function finerOf(info: WorkspaceInfo | null): string {
  return levelsOf(info)
    .slice(1)
    .map((one) => `${count(one.chips)} of ${one.title}`)
    .join(', ');
}

/** Whether a filter itself says of which level chips are, or names the chips. */
export function saysLevel(filter: string): boolean {
  return /\b(level|chip_id)\b/i.test(filter.replace(/'(?:[^']|'')*'/g, ''));
}

/** The level that an address asks for; null for every level, and where the filter says it. The coarsest by default. */
export function levelAsked(asked: string | null, filter: string, levels: readonly ChipLevel[]): number | null {
  if (levels.length === 0 || asked === EVERY || saysLevel(filter)) return null;
  const named = asked === null ? undefined : levels.find((one) => String(one.level) === asked);
  return (named ?? levels[0]!).level;
}

/** What an address says of a level; null where it need not. */
export function levelNamed(level: number | null | undefined, levels: readonly ChipLevel[]): string | null {
  if (levels.length === 0 || level === undefined || level === levels[0]!.level) return null;
  return level === null ? EVERY : String(level);
}

/** The filter that keeps only chips of a level: the same on the command line, in Python and over HTTP. */
export function atLevel(filter: string, level: number | null | undefined): string {
  return level === null || level === undefined ? filter : [...split(filter), `level = ${level}`].join(' AND ');
}
