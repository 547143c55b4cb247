/**
 * What can stand where the cursor is in a filter: properties, operators, values, functions.
 *
 * The text before the cursor is read from the left, as the grammar of CQL2 has it: behind a property comes an operator,
 * behind an operator a value of that property, behind a condition AND or OR.
 */
import type { Queryable } from '../lib/types';

/** What stands in the list under the field. */
export interface Suggestion {
  /** As it is shown. */
  title: string;
  /** What is put in place of the word at the cursor. */
  text: string;
  /** What it is, said small. */
  note: string;
  kind: 'property' | 'value' | 'operator' | 'function' | 'word';
  /** Where the cursor stands afterwards, from the beginning of `text`; its end without. */
  cursor?: number;
}

export interface Completion {
  /** The part of the text that a suggestion takes the place of. */
  from: number;
  to: number;
  items: Suggestion[];
}

export interface Known {
  queryables: readonly Queryable[];
  /** Classes of the task, by name with title. */
  classes: readonly { name: string; title: string }[];
}

const MOST = 12;
const TOKEN = /'(?:[^']|'')*'?|"[^"]*"?|[\w.:-]*\w|<=|>=|<>|!=|[^\s\w]/g;
const COMPARE = ['=', '<>', '<', '<=', '>', '>='];
const CLASSES = ['label', 'labels', 'negative'];

type Kind = Queryable['type'];

const OPERATORS: Record<Kind, [string, string][]> = {
  string: [
    ['=', 'is'],
    ['<>', 'is not'],
    ['IN', 'is one of'],
    ['LIKE', "is like 'sea%'"],
    ['IS NULL', 'is not known'],
    ['IS NOT NULL', 'is known'],
  ],
  number: [
    ['<', 'below'],
    ['<=', 'at most'],
    ['>', 'above'],
    ['>=', 'at least'],
    ['=', 'is'],
    ['BETWEEN', 'from, to'],
    ['IS NULL', 'is not known'],
    ['IS NOT NULL', 'is known'],
  ],
  integer: [],
  boolean: [
    ['= TRUE', 'is so'],
    ['= FALSE', 'is not so'],
    ['IS NULL', 'is not known'],
  ],
  datetime: [
    ['>', 'after'],
    ['>=', 'at or after'],
    ['<', 'before'],
    ['<=', 'at or before'],
    ['=', 'at, or on the day'],
    ['IS NULL', 'is not known'],
  ],
  geometry: [
    ['IS NULL', 'no place is known'],
    ['IS NOT NULL', 'a place is known'],
  ],
  array: [
    ['IS NULL', 'none'],
    ['IS NOT NULL', 'some'],
  ],
};
OPERATORS.integer = OPERATORS.number;

/** Function, what it asks, text to insert with `|` where the cursor goes. */
const FUNCTIONS: [string, string, string][] = [
  ['S_INTERSECTS', 'meets a shape, also where they only touch', 'S_INTERSECTS(geometry, |)'],
  ['S_WITHIN', 'lies in a shape', 'S_WITHIN(geometry, |)'],
  ['S_DISJOINT', 'does not meet a shape', 'S_DISJOINT(geometry, |)'],
  ['S_CONTAINS', 'holds a shape', 'S_CONTAINS(geometry, |)'],
  ['S_TOUCHES', 'only touches a shape', 'S_TOUCHES(geometry, |)'],
  ['S_OVERLAPS', 'overlaps a shape in part', 'S_OVERLAPS(geometry, |)'],
  ['T_AFTER', 'later than a time', 'T_AFTER(datetime, |)'],
  ['T_BEFORE', 'earlier than a time', 'T_BEFORE(datetime, |)'],
  ['T_DURING', 'within an interval', "T_DURING(datetime, INTERVAL('|', '..'))"],
  ['A_CONTAINS', 'a list has all of these', 'A_CONTAINS(|, ())'],
  ['A_OVERLAPS', 'a list has one of these', 'A_OVERLAPS(|, ())'],
  ['CASEI', 'whatever its case', 'CASEI(|)'],
  ['ACCENTI', 'whatever its accents', 'ACCENTI(|)'],
];

const SHAPES: [string, string, string][] = [
  ['BBOX', 'west, south, east, north', 'BBOX(|)'],
  ['POLYGON', 'longitude latitude, …', 'POLYGON((|))'],
  ['POINT', 'longitude latitude', 'POINT(|)'],
];

const TIMES: [string, string, string][] = [
  ['DATE', 'a whole day, UTC', "DATE('|')"],
  ['TIMESTAMP', 'with its zone: 2024-05-31T10:00:00Z', "TIMESTAMP('|')"],
];

interface Token {
  text: string;
  at: number;
}

/** Suggestions at a place of a filter; null where there is nothing to say. */
export function complete(text: string, cursor: number, known: Known): Completion | null {
  const before = tokens(text.slice(0, cursor));
  const last = before.at(-1);
  const touching = last !== undefined && last.at + last.text.length === cursor && isWord(last.text);
  const typed = touching ? last.text : '';
  const from = touching ? last.at : cursor;
  const said = touching ? before.slice(0, -1) : before;
  if (unfinished(text.slice(0, from))) return null;
  const items = rank(expected(said, known), typed);
  const to = from + (/^[\w.:-]*/.exec(text.slice(from))?.[0].length ?? 0);
  return items.length > 0 ? { from, to: typed.startsWith("'") ? cursor : Math.max(to, cursor), items } : null;
}

function tokens(text: string): Token[] {
  return [...text.matchAll(TOKEN)].map((match) => ({ text: match[0], at: match.index }));
}

function isWord(token: string): boolean {
  return /^[\w.:-]*\w$/.test(token) || (token.startsWith("'") && !closed(token)) || /^"[^"]*$/.test(token);
}

function closed(token: string): boolean {
  return token.length > 1 && token.endsWith("'") && (token.match(/'/g) ?? []).length % 2 === 0;
}

/** Whether a quoted text before the word is not closed yet. */
function unfinished(text: string): boolean {
  return (text.match(/'/g) ?? []).length % 2 === 1;
}

/** All that may come behind these words. */
function expected(said: Token[], known: Known): Suggestion[] {
  const words = said.map((one) => one.text);
  const last = words.at(-1) ?? '';
  const upper = last.toUpperCase();
  const call = openCall(words);
  if (call?.name.startsWith('S_') && last === ',') return templates(SHAPES, 'function');
  if (call?.name.startsWith('T_') && last === ',') return templates(TIMES, 'function');
  if (call && last === '(' && /^(S_|T_|A_|CASEI|ACCENTI)/.test(call.name)) return fitting(call.name, known);
  if (call && ['BBOX', 'POLYGON', 'POINT', 'DATE', 'TIMESTAMP', 'INTERVAL'].includes(call.name)) return [];
  if (call?.name === 'IN' && (last === '(' || last === ',')) return values(find(call.subject, known), known);
  if (COMPARE.includes(last) || upper === 'BETWEEN') return values(find(words.at(-2), known), known);
  if (upper === 'IN') return find(words.at(-2), known) ? [word('(', 'a list')] : lists(known);
  if (upper === 'LIKE' || upper === 'IS') return upper === 'IS' ? [word('NULL', ''), word('NOT NULL', '')] : [];
  if (last === '' || last === '(' || ['AND', 'OR', 'NOT'].includes(upper)) return subjects(known);
  const property = find(last, known);
  if (property && !COMPARE.includes(words.at(-2) ?? '')) return operators(property);
  return [word('AND', 'both'), word('OR', 'one of both')];
}

/** The innermost bracket that is open: whose it is, and the property before an IN. */
function openCall(words: string[]): { name: string; subject: string } | null {
  let depth = 0;
  for (let at = words.length - 1; at >= 0; at--) {
    if (words[at] === ')') depth++;
    else if (words[at] === '(' && depth-- === 0) {
      const name = (words[at - 1] ?? '').toUpperCase();
      return { name, subject: words[at - 2] ?? '' };
    }
  }
  return null;
}

function find(name: string | undefined, known: Known): Queryable | undefined {
  const bare = name?.replace(/^"|"$/g, '');
  return known.queryables.find((one) => one.name === bare);
}

/** A name as it stands in a filter. */
export function written(name: string): string {
  return /^\w[\w.:]*$/.test(name) ? name : `"${name}"`;
}

function subjects(known: Known): Suggestion[] {
  const names = known.queryables
    .filter((one) => one.type !== 'geometry')
    .map((one): Suggestion => ({
      title: one.name,
      text: `${written(one.name)} `,
      note: one.title,
      kind: 'property',
    }));
  return [...names, ...templates(FUNCTIONS, 'function'), word('NOT', 'the contrary')];
}

function fitting(call: string, known: Known): Suggestion[] {
  const kind: Kind = call.startsWith('S_')
    ? 'geometry'
    : call.startsWith('T_')
      ? 'datetime'
      : call.startsWith('A_')
        ? 'array'
        : 'string';
  const end = kind === 'string' ? '' : ', ';
  return known.queryables
    .filter((one) => one.type === kind)
    .map((one) => ({ title: one.name, text: written(one.name) + end, note: one.title, kind: 'property' }));
}

function operators(of: Queryable): Suggestion[] {
  return OPERATORS[of.type].map(([text, note]) => ({ title: text, text: `${text} `, note, kind: 'operator' }));
}

function lists(known: Known): Suggestion[] {
  return known.queryables
    .filter((one) => one.type === 'array')
    .map((one) => ({ title: one.name, text: `${one.name} `, note: one.title, kind: 'property' }));
}

function values(of: Queryable | undefined, known: Known): Suggestion[] {
  if (!of) return [];
  if (of.type === 'datetime') return templates(TIMES, 'function');
  if (of.type === 'boolean') return [word('TRUE', ''), word('FALSE', '')];
  if (of.type === 'number' || of.type === 'integer') return numbers(of);
  const counts = new Map(of.values ?? []);
  const titles = new Map(CLASSES.includes(of.name) ? known.classes.map((one) => [one.name, one.title]) : []);
  const names = [...new Set([...counts.keys(), ...titles.keys()])];
  return names.map((name) => {
    const chips = counts.get(name);
    const note = [titles.get(name), chips === undefined ? '' : `${chips.toLocaleString('en')} chips`];
    const text = `'${name.replaceAll("'", "''")}' `;
    return { title: name, text, note: note.filter(Boolean).join(', '), kind: 'value' };
  });
}

/** The ends, and what stands between them. */
function numbers(of: Queryable): Suggestion[] {
  const [low, high] = [Number(of.minimum), Number(of.maximum)];
  if (of.minimum == null || of.maximum == null || !Number.isFinite(low) || !Number.isFinite(high)) return [];
  const round = (value: number): string => String(Number(value.toPrecision(3)));
  const told: [string, string][] = [
    [round(low), 'the least'],
    [round((low + high) / 2), 'in the middle'],
    [round(high), 'the most'],
  ];
  const differ = told.filter(([text], i) => told.findIndex(([other]) => other === text) === i);
  return differ.map(([text, note]) => ({ title: text, text: `${text} `, note, kind: 'value' }));
}

function word(text: string, note: string): Suggestion {
  return { title: text, text: text === '(' ? text : `${text} `, note, kind: 'word' };
}

function templates(all: [string, string, string][], kind: Suggestion['kind']): Suggestion[] {
  return all.map(([title, note, template]) => {
    const cursor = template.indexOf('|');
    return { title, text: template.replace('|', ''), note, kind, cursor };
  });
}

/** Those that fit what is typed: its beginning first, then the beginning of a part, then anywhere. */
function rank(all: Suggestion[], typed: string): Suggestion[] {
  const low = typed.replace(/^['"]/, '').toLowerCase();
  const score = (one: Suggestion): number => {
    const title = one.title.toLowerCase();
    if (title.startsWith(low)) return 0;
    if (title.split(/[_ -]/).some((part) => part.startsWith(low))) return 1;
    if (title.includes(low) || one.note.toLowerCase().includes(low)) return 2;
    return 3;
  };
  const quoted = typed.startsWith("'");
  const fits = all
    .filter((one) => !quoted || one.kind === 'value')
    .map((one, at) => ({ one, at, score: score(one) }))
    .filter((it) => it.score < 3)
    .sort((a, b) => a.score - b.score || a.at - b.at)
    .map((it) => it.one);
  // what is written already needs no list
  if (fits.length === 1 && fits[0]!.title.toLowerCase() === low && fits[0]!.kind !== 'function') return [];
  return low ? fits.slice(0, MOST) : fits;
}

/** The text with a suggestion taken, and where the cursor stands then. */
export function taken(text: string, at: Completion, item: Suggestion): { text: string; cursor: number } {
  const rest = text.slice(at.to);
  const put = rest.startsWith(' ') && item.text.endsWith(' ') ? item.text.slice(0, -1) : item.text;
  const cursor = at.from + (item.cursor ?? item.text.length);
  return { text: text.slice(0, at.from) + put + rest, cursor };
}

/** Examples behind a filter (`like=CHIP`, several with a comma or again): no CQL2, so they go their own way. */
export function withoutLike(text: string): { filter: string; like: string[] } {
  const like: string[] = [];
  const bare = text.replace(/'(?:[^']|'')*'|(?:,\s*)?\blike=(\S+)/gi, (whole: string, ids?: string) => {
    if (ids === undefined) return whole;
    like.push(...ids.split(/,(?!\d)/).filter(Boolean));
    return '';
  });
  return { filter: like.length > 0 ? bare.replace(/\s+(AND)?\s*$/i, '').trim() : text.trim(), like };
}
