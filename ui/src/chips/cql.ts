/**
 * Ready-made filters as CQL2 text, and back.
 *
 * The text is the one truth: each ready-made filter reads its own clause from it and writes it again; clauses that
 * nobody here knows (typed by hand) are kept as they are, in `rest`.
 */

/** Names out of a list; null stands for chips that have none. */
export type Choice = (string | null)[];

/** Numbers or days (YYYY-MM-DD), both ends included. */
export interface Span<T> {
  from: T | null;
  to: T | null;
}

export interface Filters {
  label: Choice;
  /** Classes of which a chip is to have at least one, in whatever share. */
  labels: Choice;
  split: Choice;
  scene_id: Choice;
  level: Choice;
  datetime: Span<string>;
  cloud_cover: Span<number>;
  valid_fraction: Span<number>;
  rest: string[];
}

export type ChoiceName = 'label' | 'labels' | 'split' | 'scene_id' | 'level';
export type NumberName = 'cloud_cover' | 'valid_fraction';

const CHOICES: ChoiceName[] = ['label', 'labels', 'split', 'scene_id', 'level'];
const NUMBERS: NumberName[] = ['cloud_cover', 'valid_fraction'];
const DAY = 86_400_000;

export function noFilters(): Filters {
  const none = { from: null, to: null };
  return {
    label: [],
    labels: [],
    split: [],
    scene_id: [],
    level: [],
    datetime: { ...none },
    cloud_cover: { ...none },
    valid_fraction: { ...none },
    rest: [],
  };
}

/** The clauses of all filters, joined by AND. */
export function compose(f: Filters): string {
  const clauses = [
    ...CHOICES.map((name) => choice(name, f[name])),
    ...days(f.datetime),
    ...NUMBERS.flatMap((name) => numbers(name, f[name])),
    ...f.rest,
  ];
  return clauses.filter((c) => c !== '').join(' AND ');
}

/** What a text says of the ready-made filters; the remainder is in `rest`. */
export function parse(text: string): Filters {
  const f = noFilters();
  for (const clause of split(text))
    if (!(readChoice(f, clause) || readDay(f, clause) || readNumber(f, clause))) f.rest.push(clause);
  return f;
}

function quote(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}

function choice(name: ChoiceName, values: Choice): string {
  if (name === 'labels') return anyOf(values);
  const literal = name === 'level' ? (v: string) => v : quote;
  const named = values.filter((v): v is string => v !== null).map(literal);
  const some =
    named.length === 0 ? '' : named.length === 1 ? `${name} = ${named[0]}` : `${name} IN (${named.join(', ')})`;
  if (!values.includes(null)) return some;
  return some === '' ? `${name} IS NULL` : `(${name} IS NULL OR ${some})`;
}

/** A property that is a list: one value is looked for in it, several by an overlap. */
function anyOf(values: Choice): string {
  const named = values.filter((v): v is string => v !== null).map(quote);
  if (named.length === 0) return '';
  return named.length === 1 ? `${named[0]} IN labels` : `A_OVERLAPS(labels, (${named.join(', ')}))`;
}

function days(span: Span<string>): string[] {
  const at = (day: string, plus: number): string =>
    new Date(Date.parse(`${day}T00:00:00Z`) + plus).toISOString().replace('.000', '');
  const out: string[] = [];
  if (span.from !== null) out.push(`datetime >= TIMESTAMP('${at(span.from, 0)}')`);
  if (span.to !== null) out.push(`datetime < TIMESTAMP('${at(span.to, DAY)}')`);
  return out;
}

function numbers(name: NumberName, span: Span<number>): string[] {
  const out: string[] = [];
  if (span.from !== null) out.push(`${name} >= ${span.from}`);
  if (span.to !== null) out.push(`${name} <= ${span.to}`);
  return out;
}

const LITERAL = String.raw`(?:'(?:[^']|'')*'|\d+)`;
const ONE = new RegExp(String.raw`^(\w+)\s*=\s*(${LITERAL})$`);
const MANY = new RegExp(String.raw`^(\w+)\s+IN\s*\(\s*(${LITERAL}(?:\s*,\s*${LITERAL})*)\s*\)$`, 'i');
const QUOTED = String.raw`'(?:[^']|'')*'`;
const WITHIN = new RegExp(String.raw`^(${QUOTED})\s+IN\s+labels$`, 'i');
const OVERLAP = new RegExp(
  String.raw`^A_OVERLAPS\s*\(\s*labels\s*,\s*\(\s*(${QUOTED}(?:\s*,\s*${QUOTED})*)\s*\)\s*\)$`,
  'i',
);
const NULLS = /^(\w+)\s+IS\s+NULL$/i;
const EITHER = /^\(\s*((\w+)\s+IS\s+NULL)\s+OR\s+([^]*)\)$/i;
const TIME = /^datetime\s*(>=|<)\s*TIMESTAMP\s*\(\s*'(\d{4}-\d\d-\d\d)T00:00:00Z'\s*\)$/i;
const NUMBER = /^(\w+)\s*(>=|<=)\s*(\d+(?:\.\d+)?)$/;

function unquote(literal: string): string {
  return literal.slice(1, -1).replaceAll("''", "'");
}

function valuesOf(clause: string): { name: string; values: Choice } | null {
  const any = WITHIN.exec(clause) ?? OVERLAP.exec(clause);
  if (any) return { name: 'labels', values: (any[1]!.match(new RegExp(QUOTED, 'g')) ?? []).map(unquote) };
  const nulls = NULLS.exec(clause);
  if (nulls) return nulls[1] === 'labels' ? null : { name: nulls[1]!, values: [null] };
  const either = EITHER.exec(clause);
  if (either) {
    const other = valuesOf(either[3]!.trim());
    return other && other.name === either[2] && !other.values.includes(null)
      ? { name: other.name, values: [null, ...other.values] }
      : null;
  }
  const match = ONE.exec(clause) ?? MANY.exec(clause);
  if (!match) return null;
  const literals = match[2]!.match(new RegExp(LITERAL, 'g')) ?? [];
  const quoted = literals.every((l) => l.startsWith("'"));
  if (quoted === (match[1] === 'level') || match[1] === 'labels') return null;
  return { name: match[1]!, values: quoted ? literals.map(unquote) : literals };
}

function readChoice(f: Filters, clause: string): boolean {
  const found = valuesOf(clause);
  const name = CHOICES.find((n) => n === found?.name);
  if (!found || !name || f[name].length > 0) return false;
  f[name] = found.values;
  return true;
}

function readDay(f: Filters, clause: string): boolean {
  const match = TIME.exec(clause);
  const start = match ? Date.parse(`${match[2]}T00:00:00Z`) : NaN;
  if (!match || Number.isNaN(start)) return false;
  const end = match[1] === '<' ? 'to' : 'from';
  if (f.datetime[end] !== null) return false;
  f.datetime[end] = new Date(start - (end === 'to' ? DAY : 0)).toISOString().slice(0, 10);
  return true;
}

function readNumber(f: Filters, clause: string): boolean {
  const match = NUMBER.exec(clause);
  const name = NUMBERS.find((n) => n === match?.[1]);
  if (!match || !name) return false;
  const end = match[2] === '<=' ? 'to' : 'from';
  if (f[name][end] !== null) return false;
  f[name][end] = Number(match[3]);
  return true;
}

/** The clauses that a text joins by AND at its outermost level; a text with an outer OR is one clause, in brackets. */
export function split(text: string): string[] {
  const cuts: { from: number; to: number }[] = [];
  let depth = 0;
  let between = false;
  let or = false;
  for (const m of text.matchAll(/'(?:[^']|'')*'?|"[^"]*"?|[()]|\w+|[^\s]/g)) {
    const word = m[0].toUpperCase();
    if (word === '(') depth++;
    else if (word === ')') depth--;
    else if (depth > 0) continue;
    else if (word === 'OR') or = true;
    else if (word === 'BETWEEN') between = true;
    else if (word === 'AND' && between) between = false;
    else if (word === 'AND') cuts.push({ from: m.index, to: m.index + 3 });
  }
  const whole = text.trim();
  if (whole === '') return [];
  if (depth !== 0) return [whole];
  if (or) return [`(${whole})`];
  const edges = [0, ...cuts.flatMap((c) => [c.from, c.to]), text.length];
  const out: string[] = [];
  for (let i = 0; i < edges.length; i += 2) out.push(text.slice(edges[i], edges[i + 1]).trim());
  return out.filter((c) => c !== '');
}

/** Number of ready-made filters in force. */
export function active(f: Filters): number {
  const spans = [f.datetime, f.cloud_cover, f.valid_fraction].filter((s) => s.from !== null || s.to !== null);
  return CHOICES.filter((name) => f[name].length > 0).length + spans.length;
}
