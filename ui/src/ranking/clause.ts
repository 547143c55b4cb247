/** The part of a filter that speaks of one class's score. */
import { split } from '../chips/cql';

export interface Cut {
  from: number;
  to: number;
}

/** The property with the scores of a class; the server takes `_` for what a bare name cannot have. */
export function scoreName(name: string): string {
  return `score_${name.replace(/\W/g, '_')}`;
}

const NUMBER = String.raw`(-?\d+(?:\.\d+)?(?:e-?\d+)?)`;

function patterns(name: string): RegExp[] {
  const plain = scoreName(name);
  const of = `(?:${plain}|"score_${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}"|"${plain}")`;
  return [
    new RegExp(String.raw`^${of}\s+BETWEEN\s+${NUMBER}\s+AND\s+${NUMBER}$`, 'i'),
    new RegExp(String.raw`^${of}\s*>=\s*${NUMBER}$`, 'i'),
    new RegExp(String.raw`^${of}\s*<=\s*${NUMBER}$`, 'i'),
  ];
}

/** What the filter keeps of the class's scores; null where it says nothing of them. */
export function readCut(filter: string, name: string): Cut | null {
  const [range, least, most] = patterns(name);
  let found: Cut | null = null;
  for (const clause of split(filter)) {
    const both = range!.exec(clause);
    const low = least!.exec(clause);
    const high = most!.exec(clause);
    const now: Cut = found ?? { from: 0, to: 1 };
    if (both) found = { from: Number(both[1]), to: Number(both[2]) };
    else if (low) found = { ...now, from: Number(low[1]) };
    else if (high) found = { ...now, to: Number(high[1]) };
  }
  return found;
}

/** The filter without what it says of the class's scores. */
export function withoutCut(filter: string, name: string): string {
  const all = patterns(name);
  const kept = split(filter).filter((clause) => !all.some((one) => one.test(clause)));
  // a text that is one clause in brackets is left as it was written
  return kept.length === split(filter).length ? filter.trim() : kept.join(' AND ');
}

/** The filter with a range of the class's scores; null, or the whole range, takes it away. */
export function withCut(filter: string, name: string, cut: Cut | null): string {
  const rest = withoutCut(filter, name);
  if (cut === null || (cut.from <= 0 && cut.to >= 1)) return rest;
  const two = (value: number): string => String(Math.round(value * 1000) / 1000);
  const clause = `${scoreName(name)} BETWEEN ${two(Math.max(0, cut.from))} AND ${two(Math.min(1, cut.to))}`;
  if (rest === '') return clause;
  return `${split(rest).join(' AND ')} AND ${clause}`;
}
