/** What the views of a task show and how they stand: plain data, kept for the task and told as JSON. */
import type { ChipDetail } from '../../lib/types';

export const COUNTS = [1, 2, 3, 4, 6] as const;
export type Count = (typeof COUNTS)[number];
export const MOST = 6;
export const MOST_GROUPS = 12;
/** What is dragged from one view to another: its place. */
export const DRAGGED = 'application/x-groundset-view';

/** What a view shows: the chip; the chip among what is around it; its ground at another date; tiles of a web service. */
export type Content =
  | { kind: 'chip' }
  | { kind: 'around' }
  /** `when`: the nearest date before or after this chip's, or a day (YYYY-MM-DD). */
  | { kind: 'date'; when: string }
  | { kind: 'tiles'; name: string };

/** A view; `look` is what is chosen to be seen, as words of an address (chip/choice.ts). */
export interface Said {
  content: Content;
  look: Record<string, string>;
}

/** Views that are seen together: the first `count` of them, the others wait until there is room again. */
export interface Group {
  name: string;
  count: Count;
  views: Said[];
}

/** Columns and rows that leave the largest square for each of so many views. */
export function gridOf(count: number, width: number, height: number): { cols: number; rows: number } {
  let best = { cols: count, rows: 1, side: 0 };
  for (let cols = 1; cols <= count; cols++) {
    if (count % cols !== 0) continue;
    const rows = count / cols;
    const side = Math.min(width / cols, height / rows);
    if (side > best.side) best = { cols, rows, side };
  }
  return { cols: best.cols, rows: best.rows };
}

const FIRST = ['NDWI', 'MNDWI', 'NDVI'];

/** Indices, those that tell water from land first. */
export function usualIndices<T extends { name: string }>(indices: readonly T[]): T[] {
  const first = FIRST.flatMap((name) => indices.find((one) => one.name === name) ?? []);
  return [...first, ...indices.filter((one) => !first.includes(one))];
}

/**
 * What a task starts with: one picture, two, four, and another date where there is one.
 *
 * A task about a period or a change starts with both dates: `last` is the day of the last one.
 */
export function firstGroups(
  detail: Pick<ChipDetail, 'layers' | 'indices'>,
  dates: number,
  last: string | null = null,
): Group[] {
  const layer = (name: string): Said => ({ content: { kind: 'chip' }, look: { layer: name } });
  const layers = detail.layers.filter((one) => !one.lab); // a second natural colour tells nothing new
  const composites = layers.filter((one) => one.group !== 'band').map((one) => layer(one.name));
  const singles = layers.filter((one) => one.group === 'band').map((one) => layer(one.name));
  const indices = usualIndices(detail.indices).map(({ name }): Said => ({
    content: { kind: 'chip' },
    look: { index: name },
  }));
  const around: Said = { content: { kind: 'around' }, look: {} };
  const plain = composites[0] ?? singles[0] ?? { content: { kind: 'chip' }, look: {} };
  const rest = [
    ...composites.slice(1, 2),
    ...indices.slice(0, 1),
    around,
    ...indices.slice(1, 2),
    ...composites.slice(2, 3),
  ];
  rest.push(...singles.slice(0, MOST));
  const all = [plain, ...rest].slice(0, MOST);
  while (all.length < MOST) all.push({ content: { kind: 'chip' }, look: {} });
  const groups: Group[] = [
    { name: 'Compare', count: 2, views: all },
    { name: 'Picture', count: 1, views: all },
    { name: 'Overview', count: 4, views: all },
  ];
  const other: Said = { content: { kind: 'date', when: last ?? 'nearest' }, look: last ? plain.look : {} };
  const both: Group = { name: 'Dates', count: 2, views: [plain, other, ...rest].slice(0, MOST) };
  return dates === 0 ? groups : last ? [both, ...groups] : [...groups, both];
}

/** Two views change places. */
export function swapped<T>(views: readonly T[], a: number, b: number): T[] {
  const out = [...views];
  if (a in out && b in out) [out[a], out[b]] = [out[b]!, out[a]!];
  return out;
}

/** Groups out of what was kept; what is no arrangement is passed over. */
export function readGroups(kept: unknown): Group[] {
  if (!Array.isArray(kept)) return [];
  return kept.flatMap((one) => readGroup(one) ?? []).slice(0, MOST_GROUPS);
}

function readGroup(kept: unknown): Group | null {
  const one = kept as Partial<Group> | null;
  if (!one || typeof one.name !== 'string' || !COUNTS.includes(one.count as Count) || !Array.isArray(one.views))
    return null;
  const views = one.views.flatMap((view) => readView(view) ?? []).slice(0, MOST);
  if (views.length === 0) return null;
  while (views.length < one.count!) views.push({ content: { kind: 'chip' }, look: {} });
  return { name: one.name.slice(0, 40) || 'Views', count: one.count!, views };
}

function readView(kept: unknown): Said | null {
  const one = kept as Partial<Said> | null;
  const content = readContent(one?.content);
  if (!content) return null;
  const words = Object.entries(one?.look ?? {}).filter(([, value]) => typeof value === 'string');
  return { content, look: Object.fromEntries(words) };
}

export function readContent(kept: unknown): Content | null {
  const one = kept as { kind?: string; when?: unknown; name?: unknown } | null;
  if (one?.kind === 'chip' || one?.kind === 'around') return { kind: one.kind };
  if (one?.kind === 'date' && typeof one.when === 'string') return { kind: 'date', when: one.when };
  if (one?.kind === 'tiles' && typeof one.name === 'string') return { kind: 'tiles', name: one.name };
  return null;
}

// --- as text, one line a view, as the workspace's settings have them --------------------------------------------------

/** `chip?layer=natural`, `around`, `date:before?index=NDWI`, `tiles:osm`; the first of a group is its name. */
export function textsOf(groups: readonly Group[]): string[][] {
  return groups.map(({ name, count, views }) => [name, ...views.slice(0, count).map(textOf)]);
}

function textOf({ content, look }: Said): string {
  const which = content.kind === 'date' ? `:${content.when}` : content.kind === 'tiles' ? `:${content.name}` : '';
  const words = content.kind === 'tiles' ? '' : new URLSearchParams(look).toString();
  return content.kind + which + (words ? `?${words}` : '');
}

/** The groups again; what says nothing that is known is passed over. */
export function parseGroups(texts: readonly (readonly string[])[]): Group[] {
  return readGroups(
    texts.map(([name, ...lines]) => {
      const views = lines.map(parseView);
      return { name, count: COUNTS.findLast((count) => count <= views.length), views };
    }),
  );
}

function parseView(text: string): Partial<Said> {
  const cut = text.indexOf('?');
  const [head, words] = cut < 0 ? [text, ''] : [text.slice(0, cut), text.slice(cut + 1)];
  const colon = head.indexOf(':');
  const [kind, which] = colon < 0 ? [head, ''] : [head.slice(0, colon), head.slice(colon + 1)];
  const look = Object.fromEntries(new URLSearchParams(words));
  return { content: readContent({ kind, when: which, name: which }) ?? undefined, look } as Partial<Said>;
}
