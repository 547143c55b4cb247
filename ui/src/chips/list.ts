/** The chips that a filter keeps, in an order: pages of them, fetched where they are looked at. */
import { get, isAbort } from '../lib/api';
import type { ChipPage, ChipRow } from '../lib/types';
import type { Range } from './layout';

export interface ListQuery {
  filter: string;
  sort: string;
  task: string;
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
  failed: (error: unknown) => void;
}

export class ChipList {
  total: number | null = null;
  private readonly pages = new Map<number, ChipRow[]>();
  private readonly places = new Map<string, number>();
  private readonly flying = new Map<number, AbortController>();
  private wanted: number[] = [];
  private closed = false;
  private broken = false;

  constructor(
    readonly query: ListQuery,
    private readonly events: ListEvents,
  ) {}

  at(index: number): ChipRow | undefined {
    return this.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Place of a chip that was loaded. */
  placeOf(id: string): number | undefined {
    return this.places.get(id);
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
    for (const flight of this.flying.values()) flight.abort();
  }

  /** Fetch rows of chips anew, where loaded, and put them in their places: nothing moves. */
  async renew(ids: Iterable<string>): Promise<ChipRow[]> {
    const loaded = [...new Set(ids)].filter((id) => this.places.has(id));
    const out: ChipRow[] = [];
    for (let i = 0; i < loaded.length && !this.closed; i += IDS_AT_ONCE) {
      const names = loaded.slice(i, i + IDS_AT_ONCE).map((id) => `'${id.replaceAll("'", "''")}'`);
      const filter = `chip_id IN (${names.join(', ')})`;
      const { chips } = await get<ChipPage>('/chips', { filter, task: this.query.task, limit: IDS_AT_ONCE });
      for (const chip of chips) if (this.put(chip)) out.push(chip);
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

  /** How many chips the server would list now. */
  async count(): Promise<number> {
    const { filter, task } = this.query;
    return (await get<ChipPage>('/chips', { filter, task, limit: 1 })).total;
  }

  private put(chip: ChipRow): boolean {
    const place = this.places.get(chip.id);
    const page = place === undefined ? undefined : this.pages.get(Math.floor(place / PAGE));
    if (place === undefined || !page || this.closed) return false;
    page[place % PAGE] = chip;
    this.events.rows({ first: place, end: place + 1 });
    return true;
  }

  private forget(first: number, last: number): void {
    for (const [page, chips] of this.pages) {
      if (this.pages.size <= KEPT_PAGES) return;
      if (page >= first && page <= last) continue;
      this.pages.delete(page);
      for (const chip of chips) this.places.delete(chip.id);
    }
  }

  private pump(): void {
    if (this.closed || this.broken) return;
    for (const page of this.wanted) {
      if (this.flying.size >= AT_ONCE) return;
      if (!this.pages.has(page) && !this.flying.has(page)) void this.fetch(page);
    }
  }

  private async fetch(page: number): Promise<void> {
    const flight = new AbortController();
    this.flying.set(page, flight);
    try {
      const query = { ...this.query, limit: PAGE, offset: page * PAGE };
      const told = await get<ChipPage>('/chips', query, { signal: flight.signal });
      if (this.closed) return;
      this.land(page, told);
    } catch (error) {
      if (!isAbort(error) && !this.closed) {
        this.broken = true;
        this.events.failed(error);
      }
    } finally {
      this.flying.delete(page);
      this.pump();
    }
  }

  private land(page: number, told: ChipPage): void {
    this.pages.set(page, told.chips);
    told.chips.forEach((chip, i) => this.places.set(chip.id, page * PAGE + i));
    if (this.total === null) {
      this.total = told.total;
      this.events.sized(told.total);
    } else if (told.total !== this.total) {
      this.events.drifted(told.total);
    }
    this.events.rows({ first: page * PAGE, end: page * PAGE + told.chips.length });
  }
}
