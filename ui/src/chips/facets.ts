/**
 * Any column's filter as CQL2 text, and back. The text is the one truth, as in `cql.ts`: a facet reads the clauses about
 * its column and writes them anew; all others stay as they are.
 */
import type { Queryable } from '../lib/types';
import { type Choice, type Span, split } from './cql';

export type Kind = 'choice' | 'number' | 'days';
export interface Facet {
  kind: Kind;
  chosen: Choice;
  numbers: Span<number>;
  days: Span<string>;
}

const DAY = 86_400_000;

/** How a column is asked about; null where it cannot be chosen from (outlines, ids). */
export function kindOf(q: Queryable): Kind | null {
  if (q.values && q.values.length > 0) return 'choice';
  if (q.type === 'datetime') return q.minimum ? 'days' : null;
  if (q.type === 'number' || q.type === 'integer')
    return q.minimum === null || q.minimum === undefined ? null : 'number';
  return null;
}

export function noFacet(kind: Kind): Facet {
  const none = { from: null, to: null };
  return { kind, chosen: [], numbers: { ...none }, days: { ...none } };
}

export function inForce({ chosen, numbers, days }: Facet): boolean {
  return chosen.length > 0 || [numbers.from, numbers.to, days.from, days.to].some((end) => end !== null);
}

/** A name as CQL2 has it: in double quotes where it is not a plain word. */
export function nameOf(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `"${name}"`;
}

function literal(value: string, q: Queryable): string {
  return q.type === 'string' || q.type === 'array' ? `'${value.replaceAll("'", "''")}'` : value;
}

const QUOTED = String.raw`'(?:[^']|'')*'`;
const LITERAL = String.raw`(?:${QUOTED}|-?\d+(?:\.\d+)?|true|false)`;
const LIST = String.raw`\(\s*(${LITERAL}(?:\s*,\s*${LITERAL})*)\s*\)`;
const NUMBER = String.raw`(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)`;
const TIME = String.raw`TIMESTAMP\s*\(\s*'(\d{4}-\d\d-\d\d)T00:00:00Z'\s*\)`;

function forms(name: string): Record<string, RegExp> {
  const plain = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const of = /^\w+$/.test(name) ? `(?:${plain}|"${plain}")` : `"${plain}"`;
  const re = (text: string): RegExp => new RegExp(`^${text}$`, 'i');
  return {
    one: re(String.raw`${of}\s*=\s*(${LITERAL})`),
    many: re(String.raw`${of}\s+IN\s*${LIST}`),
    none: re(String.raw`${of}\s+IS\s+NULL`),
    either: re(String.raw`\(\s*${of}\s+IS\s+NULL\s+OR\s+([^]*)\)`),
    within: re(String.raw`(${QUOTED})\s+IN\s+${of}`),
    overlap: re(String.raw`A_OVERLAPS\s*\(\s*${of}\s*,\s*${LIST}\s*\)`),
    range: re(String.raw`${of}\s+BETWEEN\s+${NUMBER}\s+AND\s+${NUMBER}`),
    least: re(String.raw`${of}\s*>=\s*${NUMBER}`),
    most: re(String.raw`${of}\s*<=\s*${NUMBER}`),
    after: re(String.raw`${of}\s*>=\s*${TIME}`),
    before: re(String.raw`${of}\s*<\s*${TIME}`),
  };
}

function values(list: string): string[] {
  const found = list.match(new RegExp(LITERAL, 'gi')) ?? [];
  return found.map((one) => (one.startsWith("'") ? one.slice(1, -1).replaceAll("''", "'") : one));
}

function choices(clause: string, of: Record<string, RegExp>): Choice | null {
  if (of['none']!.test(clause)) return [null];
  const either = of['either']!.exec(clause);
  if (either) {
    const other = choices(either[1]!.trim(), of);
    return other && !other.includes(null) ? [null, ...other] : null;
  }
  const match = ['one', 'many', 'within', 'overlap'].map((form) => of[form]!.exec(clause)).find(Boolean);
  return match ? values(match[1]!) : null;
}

/** Read one clause into the facet; false where it speaks of something else. */
function read(facet: Facet, clause: string, of: Record<string, RegExp>): boolean {
  if (facet.kind === 'choice') {
    const found = facet.chosen.length === 0 ? choices(clause, of) : null;
    if (found) facet.chosen = found;
    return found !== null;
  }
  if (facet.kind === 'days') {
    const [from, to] = [of['after']!.exec(clause), of['before']!.exec(clause)];
    if (from) facet.days.from = from[1]!;
    else if (to) facet.days.to = new Date(Date.parse(`${to[1]}T00:00:00Z`) - DAY).toISOString().slice(0, 10);
    return Boolean(from ?? to);
  }
  const [range, least, most] = ['range', 'least', 'most'].map((form) => of[form]!.exec(clause));
  if (range) facet.numbers = { from: Number(range[1]), to: Number(range[2]) };
  else if (least) facet.numbers.from = Number(least[1]);
  else if (most) facet.numbers.to = Number(most[1]);
  return Boolean(range ?? least ?? most);
}

/** What a filter says of a column. */
export function readFacet(text: string, q: Queryable): Facet {
  const kind = kindOf(q) ?? 'choice';
  const facet = noFacet(kind);
  const of = forms(q.name);
  for (const clause of split(text)) read(facet, clause, of);
  return facet;
}

/** The filter with another answer for this column. */
export function writeFacet(text: string, q: Queryable, facet: Facet): string {
  const of = forms(q.name);
  const probe = noFacet(facet.kind);
  const rest = split(text).filter((clause) => !read(probe, clause, of));
  return [...rest, ...clauses(q, facet)].join(' AND ');
}

function clauses(q: Queryable, { kind, chosen, numbers, days }: Facet): string[] {
  const name = nameOf(q.name);
  if (kind === 'choice') return choice(name, q, chosen);
  if (kind === 'days') {
    const at = (day: string, plus: number): string =>
      new Date(Date.parse(`${day}T00:00:00Z`) + plus).toISOString().replace('.000', '');
    const from = days.from === null ? [] : [`${name} >= TIMESTAMP('${at(days.from, 0)}')`];
    return days.to === null ? from : [...from, `${name} < TIMESTAMP('${at(days.to, DAY)}')`];
  }
  const { from, to } = numbers;
  if (from !== null && to !== null) return [`${name} BETWEEN ${from} AND ${to}`];
  if (from !== null) return [`${name} >= ${from}`];
  return to === null ? [] : [`${name} <= ${to}`];
}

function choice(name: string, q: Queryable, chosen: Choice): string[] {
  const named = chosen.filter((one): one is string => one !== null).map((one) => literal(one, q));
  const some =
    named.length === 0
      ? ''
      : q.type === 'array'
        ? named.length === 1
          ? `${named[0]} IN ${name}`
          : `A_OVERLAPS(${name}, (${named.join(', ')}))`
        : named.length === 1
          ? `${name} = ${named[0]}`
          : `${name} IN (${named.join(', ')})`;
  if (!chosen.includes(null)) return some === '' ? [] : [some];
  return [some === '' ? `${name} IS NULL` : `(${name} IS NULL OR ${some})`];
}

/** The column's range in a few characters: `0 to 14`. */
export function rangeText(q: Queryable): string {
  const show = (end: number | string | null | undefined): string =>
    typeof end === 'number' ? String(Math.round(end * 1000) / 1000) : (end ?? '').slice(0, 10);
  const [low, high] = [show(q.minimum), show(q.maximum)];
  return low === high ? low : `${low} to ${high}`;
}
