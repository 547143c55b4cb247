/** Chips that the machine wants to be told: asked for once, and the same again when a person comes back to them. */
import { asOf } from '../label/asof';
import { get } from '../lib/api';
import { atLevel } from '../lib/levels';
import { recall, remember } from '../lib/stored';
import type { ChipRow, Meaning, SuggestedChip, Suggestions } from '../lib/types';
import { scoreText } from './columns';
import type { ListQuery } from './list';

export type Reason = SuggestedChip['reason'] | 'likely' | 'border' | 'check';

/** What is asked for: how many, the share of answered chips that the model doubts, and a number that changes the draw. */
export interface Asked {
  n: number;
  doubted: number;
  seed: number;
}

export interface Suggested {
  rows: ChipRow[];
  reasons: ReadonlyMap<string, Reason>;
  meaning: Meaning;
}

interface Kept {
  key: string;
  seed: number;
  chips: [id: string, reason: SuggestedChip['reason'], score: number | null][];
}

type RowsOf = (query: ListQuery, ids: readonly string[], signal?: AbortSignal) => Promise<ChipRow[]>;
const IDS_AT_ONCE = 60;

function keyOf(query: ListQuery): string {
  // not the class in hand: whoever answers for another one stays on the chips that were suggested
  const { task, encoder, filter, level, suggest } = query;
  return JSON.stringify([task, encoder ?? '', atLevel(filter, level), suggest]);
}

function kept(key: string): Kept | null {
  try {
    const told = JSON.parse(recall('suggested', 'session') ?? 'null') as Kept | null;
    return told?.key === key ? told : null;
  } catch {
    return null;
  }
}

/** A number that no suggestion of this session had. */
export function nextSeed(): number {
  try {
    const told = JSON.parse(recall('suggested', 'session') ?? 'null') as { seed?: number } | null;
    return (told?.seed ?? -1) + 1;
  } catch {
    return 0;
  }
}

/** The chips asked for: as they were suggested before, where they were. */
export async function suggested(query: ListQuery, rowsOf: RowsOf, signal?: AbortSignal): Promise<Suggested> {
  const key = keyOf(query);
  const known = kept(key);
  const told = known ? await again(known, query, rowsOf, signal) : await fresh(query, key, signal);
  const reasons = new Map(told.map(({ chip, reason }) => [chip.id, reason]));
  return {
    rows: told.map(({ chip }) => chip),
    reasons,
    meaning: told.some((one) => one.score !== null) ? 'score' : 'none',
  };
}

async function fresh(query: ListQuery, key: string, signal?: AbortSignal): Promise<SuggestedChip[]> {
  const { task, class: code, encoder, filter, level, suggest } = query;
  const { n, doubted, seed } = suggest!;
  const about = { task, class: code, encoder, filter: atLevel(filter, level), n, doubted, seed };
  const { chips, head } = await get<Suggestions>('/suggest', about, { signal });
  const short: Kept = { key, seed, chips: chips.map(({ chip, reason, score }) => [chip.id, reason, score ?? null]) };
  remember('suggested', JSON.stringify(short), 'session');
  const told = chips.map((one) => ({ ...one, chip: { ...one.chip, score: one.chip.score ?? one.score ?? null } }));
  asOf(
    told.map(({ chip }) => chip),
    head,
  );
  return told;
}

async function again(known: Kept, query: ListQuery, rowsOf: RowsOf, signal?: AbortSignal): Promise<SuggestedChip[]> {
  const rows = new Map<string, ChipRow>();
  for (let i = 0; i < known.chips.length; i += IDS_AT_ONCE) {
    const ids = known.chips.slice(i, i + IDS_AT_ONCE).map(([id]) => id);
    for (const row of await rowsOf(query, ids, signal)) rows.set(row.id, row);
  }
  return known.chips.flatMap(([id, reason, score]) => {
    const chip = rows.get(id);
    return chip ? [{ chip, reason, score }] : [];
  });
}

/** Why a chip was suggested, for people. */
export const REASONS: Record<Reason, { title: string; tile: string; says: string }> = {
  typical: { title: 'typical', tile: 'typical', says: 'Typical of chips that nobody answered yet' },
  uncertain: { title: 'between classes', tile: 'between', says: 'The model cannot decide between classes' },
  likely: { title: 'likely', tile: 'likely', says: 'The model holds it likely to have the class' },
  border: { title: 'on the border', tile: 'border', says: 'Its score is close to the threshold' },
  check: { title: 'to check', tile: 'check', says: 'Below the threshold: asked so that leaving out is checked too' },
  doubted: { title: 'doubted', tile: 'doubted', says: 'Answered, but the model holds another answer more likely' },
};

/** `50/0.1/3`, as the address has it. */
export function readAsked(text: string | null): Asked | null {
  const [n, doubted, seed] = (text ?? '').split('/').map(Number);
  if (!n || !Number.isInteger(n) || n < 1) return null;
  const share = Number.isFinite(doubted) ? Math.min(1, Math.max(0, doubted!)) : 0.1;
  return { n: Math.min(1000, n), doubted: share, seed: Number.isInteger(seed) && seed! >= 0 ? seed! : 0 };
}

export function writeAsked({ n, doubted, seed }: Asked): string {
  return `${n}/${doubted}/${seed}`;
}

interface Reasons {
  query: Pick<ListQuery, 'suggest'>;
  reasonOf: (id: string) => Reason | null;
}

/** What a tile says small: why it was suggested, or its score. */
export function asideOf(list: Reasons | null, chip: ChipRow): string {
  const why = list?.query.suggest ? list.reasonOf(chip.id) : null;
  return why ? REASONS[why].tile : scoreText(chip.score);
}
