/** The chips that a filter keeps, in an order: pages of them, fetched where they are looked at. */
import { answeredSince, asOf, headOf } from '../label/asof';
import { get, isAbort, type Query } from '../lib/api';
import { atLevel } from '../lib/levels';
import type { ChipIds, ChipPage, ChipRow, Meaning } from '../lib/types';
import type { Range } from './layout';
import { type Asked, type Reason, type Suggested, suggested } from './suggested';

export interface ListQuery {
  filter: string;
  /** Only chips of this level; null: of every one. */
  level?: number | null;
  sort: string;
  task: string;
  /** Words that chips are to fit, by label, score or picture. */
  words?: string;
  /** Code of the class that `similar`, `uncertain` and the scores speak of; '' for none. */
  class?: string;
  /** Examples of what is looked for: chips, or rectangles `SCENE@x,y,width,height`. */
  like?: readonly string[];
  method?: string;
  encoder?: string;
  /** In place of filter and order: what the machine wants to be told. */
  suggest?: Asked | null;
  /** Where the suggested chips come from, where it is not `/suggest`. */
  given?: (signal?: AbortSignal) => Promise<Suggested>;
}

export const PAGE = 200;
const AT_ONCE = 2;
const KEPT_PAGES = 100;
const IDS_AT_ONCE = 60;

export interface ListEvents {
  /** Rows of these places came or changed. */
  rows: (range: Range) => void;
  /** The first page came: the size is known. */
  sized: (total: number) => void;
  /** A later page says another total: the list on the server is not what it was. */
  drifted: (total: number) => void;
  /** The order below what is looked at is another, and so may the size be. */
  reranked: (total: number) => void;
  /** The server no longer knows the list as it was. */
  forgotten: () => void;
  failed: (error: unknown) => void;
}

/** What the address of `/chips` says of a list. */
export function paramsOf(query: ListQuery): Query {
  const { level, sort, task, like, method, encoder, words } = query;
  return { filter: atLevel(query.filter, level), sort, task, class: query.class, like, method, encoder, words };
}

export class ChipList {
  total: number | null = null;
  meaning: Meaning = 'none';
  /** Names the list as it was when its first page came. */
  pin: string | null = null;
  private readonly pages = new Map<number, ChipRow[]>();
  private readonly places = new Map<string, number>();
  private readonly flying = new Map<number, AbortController>();
  /** Pages whose scores are of a former ranking: drawn as they are until they come anew. */
  private readonly old = new Set<number>();
  private wanted: number[] = [];
  private closed = false;
  private broken = false;
  private reasons: ReadonlyMap<string, Reason> = new Map();

  constructor(
    private asked: ListQuery,
    private readonly events: ListEvents,
  ) {}

  get query(): ListQuery {
    return this.asked;
  }

  /** Another class in hand, where the order does not depend on it: scores come with the next ranking, nothing moves. */
  turn(code: string | undefined): void {
    if (!this.query.suggest) this.asked = { ...this.query, class: code };
  }

  at(index: number): ChipRow | undefined {
    return this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Place of a chip that was loaded. */
  placeOf(id: string): number | undefined {
    return this.places.get(id);
  }

  /** Why a chip was suggested. */
  reasonOf(id: string): Reason | null {
    return this.reasons.get(id) ?? null;
  }

  /**
   * Fetch what these places lack, nearest to `range` first; requests for other places are given up. `ahead` places more
   * behind the end are coming into view; a negative number: before the first.
   */
  want(range: Range, margin: number, ahead = 0): void {
    const first = Math.max(0, Math.floor((range.first - Math.max(margin, -ahead)) / PAGE));
    const most = this.total === null ? range.end : Math.min(this.total, range.end + Math.max(margin, ahead));
    const last = Math.max(first, Math.ceil(most / PAGE) - 1);
    const middle = (range.first + range.end) / 2 / PAGE - 0.5;
    this.wanted = [];
    for (let page = first; page <= last; page++) this.wanted.push(page);
    this.wanted.sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
    for (const [page, flight] of this.flying) {
      if (!this.wanted.includes(page) && this.total !== null) flight.abort();
    }
    this.forget(first, last);
    this.pump();
  }

  /** Try again after a failure. */
  retry(): void {
    this.broken = false;
    this.pump();
  }

  close(): void {
    this.closed = true;
    this.ground();
  }

  /** Fetch rows of chips anew, where loaded, and put them in their places: nothing moves. */
  async renew(ids: Iterable<string>): Promise<ChipRow[]> {
    const loaded = [...new Set(ids)].filter((id) => this.places.has(id));
    const out: ChipRow[] = [];
    for (let i = 0; i < loaded.length && !this.closed; i += IDS_AT_ONCE) {
      const rows = await rowsOf(this.query, loaded.slice(i, i + IDS_AT_ONCE));
      for (const chip of rows) if (this.put(chip)) out.push(chip);
    }
    return out;
  }

  /** Ids of the loaded chips among these places. */
  idsIn(range: Range): string[] {
    const out: string[] = [];
    for (let i = range.first; i < range.end; i++) {
      const chip = this.at(i);
      if (chip) out.push(chip.id);
    }
    return out;
  }

  /** Ids of all chips of these places, loaded or not; without a range, of the whole list. */
  async ids(range: Range = { first: 0, end: this.total ?? 0 }): Promise<string[]> {
    const end = Math.min(range.end, this.total ?? range.end);
    const here = this.idsIn({ first: range.first, end });
    if (here.length === end - range.first) return here;
    const query = { ...paramsOf(this.query), pin: this.pin, anew: true, f: 'ids' };
    const { ids, forgotten } = await get<ChipIds>('/chips', query);
    if (!forgotten) return ids.slice(range.first, end);
    this.events.forgotten();
    return [];
  }

  /** How many chips the server would list now. */
  async count(): Promise<number> {
    if (this.query.suggest) return this.total ?? 0;
    const { filter, level, task } = this.query;
    return (await get<ChipPage>('/chips', { filter: atLevel(filter, level), task, limit: 1 })).total;
  }

  /**
   * Rank anew behind the first `keep` chips, which stay where they are; the rows of `seen` come with their new scores.
   * False where the list cannot be (a suggestion, a server that names no lists).
   */
  async rerank(seen: Range, keep: number, signal?: AbortSignal): Promise<boolean> {
    if (this.pin === null || this.total === null || this.query.suggest) return false;
    const first = Math.floor(seen.first / PAGE);
    const last = Math.max(first, Math.ceil(Math.max(seen.end, keep) / PAGE) - 1);
    const told: ChipPage[] = [];
    let name: Query = { keep: `${this.pin}:${Math.min(keep, this.total)}` };
    for (let page = first; page <= Math.min(last, first + 3); page++) {
      const query = { ...paramsOf(this.query), ...name, anew: true, limit: PAGE, offset: page * PAGE };
      const one = await get<ChipPage>('/chips', query, { signal });
      if (one.forgotten) {
        this.events.forgotten();
        return true;
      }
      told.push(one);
      if (!one.pin) break;
      name = { pin: one.pin };
    }
    if (!this.closed) this.adopt(told, first, keep);
    return true;
  }

  private adopt(told: ChipPage[], first: number, keep: number): void {
    const { pin, total, meaning } = told[0]!;
    this.ground();
    for (const [page, chips] of this.pages) {
      if ((page + 1) * PAGE <= keep) {
        this.old.add(page);
        continue;
      }
      this.pages.delete(page);
      for (const chip of chips) this.places.delete(chip.id);
    }
    this.pin = pin ?? this.pin;
    this.meaning = meaning ?? 'none';
    this.total = total;
    told.forEach((one, i) => this.set(first + i, asOf(one.chips, one.head)));
    this.events.reranked(total);
    this.events.rows({ first: 0, end: Math.min(total, (first + told.length + 1) * PAGE) });
    this.pump();
  }

  private put(chip: ChipRow): boolean {
    const place = this.places.get(chip.id);
    const page = place === undefined ? undefined : this.pages.get(Math.floor(place / PAGE));
    if (place === undefined || !page || this.closed) return false;
    if (headOf(chip) < headOf(page[place % PAGE]!)) return false; // an answer that came later was asked for earlier
    page[place % PAGE] = chip;
    this.events.rows({ first: place, end: place + 1 });
    return true;
  }

  private set(page: number, chips: ChipRow[]): void {
    this.pages.set(page, chips);
    this.old.delete(page);
    chips.forEach((chip, i) => this.places.set(chip.id, page * PAGE + i));
  }

  private forget(first: number, last: number): void {
    for (const [page, chips] of this.pages) {
      if (this.pages.size <= KEPT_PAGES) return;
      if (page >= first && page <= last) continue;
      this.pages.delete(page);
      this.old.delete(page);
      for (const chip of chips) this.places.delete(chip.id);
    }
  }

  private ground(): void {
    for (const flight of this.flying.values()) flight.abort();
    this.flying.clear();
  }

  private pump(): void {
    if (this.closed || this.broken) return;
    for (const page of this.wanted) {
      if (this.flying.size >= AT_ONCE) return;
      if (this.total !== null && page * PAGE >= this.total && page > 0) continue;
      if ((!this.pages.has(page) || this.old.has(page)) && !this.flying.has(page)) void this.fetch(page);
    }
  }

  private async fetch(page: number): Promise<void> {
    const flight = new AbortController();
    this.flying.set(page, flight);
    try {
      const { given } = this.query;
      if (given) return this.filled(await given(flight.signal));
      if (this.query.suggest) return this.filled(await suggested(this.query, rowsOf, flight.signal));
      const named = this.pin === null ? {} : { pin: this.pin, anew: true };
      const query = { ...paramsOf(this.query), ...named, limit: PAGE, offset: page * PAGE };
      const told = await get<ChipPage>('/chips', query, { signal: flight.signal });
      if (this.closed || flight.signal.aborted) return;
      if (told.forgotten) this.events.forgotten();
      else this.land(page, told);
    } catch (error) {
      if (isAbort(error) || this.closed) return;
      this.broken = true;
      this.events.failed(error);
    } finally {
      if (this.flying.get(page) === flight) this.flying.delete(page);
      this.pump();
    }
  }

  private land(page: number, told: ChipPage): void {
    this.set(page, asOf(told.chips, told.head));
    this.pin ??= told.pin ?? null;
    if (this.total === null) {
      this.total = told.total;
      this.meaning = told.meaning ?? 'none';
      this.events.sized(told.total);
    } else if (told.total !== this.total) {
      this.events.drifted(told.total);
    }
    this.events.rows({ first: page * PAGE, end: page * PAGE + told.chips.length });
    const ids = told.chips.map((chip) => chip.id);
    const stale = answeredSince(told.head, ids);
    if (stale.length > 0) void this.renew(stale).catch(() => undefined);
  }

  /** A suggestion comes whole. */
  private filled({ rows, reasons, meaning }: Suggested): void {
    if (this.closed) return;
    this.reasons = reasons;
    for (let page = 0; page * PAGE < Math.max(1, rows.length); page++)
      this.set(page, rows.slice(page * PAGE, (page + 1) * PAGE));
    this.meaning = meaning;
    this.total = rows.length;
    this.events.sized(rows.length);
    this.events.rows({ first: 0, end: rows.length });
  }
}

/** Rows of chips by their ids, in whatever order. */
export async function rowsOf(query: ListQuery, ids: readonly string[], signal?: AbortSignal): Promise<ChipRow[]> {
  const names = ids.map((id) => `'${id.replaceAll("'", "''")}'`);
  const filter = `chip_id IN (${names.join(', ')})`;
  const about = { ...paramsOf({ ...query, filter, level: null, sort: '' }), limit: ids.length };
  const { chips, head } = await get<ChipPage>('/chips', about, { signal });
  return asOf(chips, head);
}
