/** What the chips page shows: a list, the pictures of a layer, masks over them, and what the server says meanwhile. */
import { ProblemError, asProblem, get } from '../lib/api';
import { maybeAll, told } from '../label/asof';
import { live } from '../lib/live.svelte';
import type { Meaning, Problem, Queryable } from '../lib/types';
import { workspace } from '../lib/workspace.svelte';
import { Calm } from './calm';
import { following } from './following.svelte';
import { Decoder } from './decoder';
import type { Range } from './layout';
import { ChipList, type ListQuery } from './list';
import { Pictures } from './pictures';
import { PLAIN_TONE, type Tone } from './tone';

/** What asks the wall to draw again; the wall itself is told directly, frame by frame. */
export interface Watcher {
  rows: (range: Range) => void;
  came: (spots: { part: string; row: number }[]) => void;
  visible: () => Range;
}

/** Chips were answered, up to this number of the journal. */
interface Answered {
  chips: string[];
  task: string | null;
  head: number;
}

const CALM_MS = 400;
const FACETS_MS = 1500;
/** Answers come in handfuls: the ranking is made anew when a handful has ended. */
const RANK_MS = 300;

export class ChipsState {
  /** The list on the wall; the one before stays until the next has its size. */
  list = $state.raw<ChipList | null>(null);
  total = $state<number | null>(null);
  base = $state.raw<Pictures | null>(null);
  mask = $state.raw<Pictures | null>(null);
  queryables = $state.raw<Queryable[]>([]);
  /** Why the list could not be had; a filter's own problem is `filterProblem`. */
  problem = $state.raw<Problem | null>(null);
  filterProblem = $state.raw<Problem | null>(null);
  /** Quicklooks that failed, the last reason. */
  pictureProblem = $state.raw<Problem | null>(null);
  /** Chips that the server would list now, where that is another number. */
  drift = $state<number | null>(null);
  /** Rises when rows in view changed in place: names and the status line read it. */
  version = $state(0);
  loading = $state(true);
  /** What the rows' scores mean. */
  meaning = $state<Meaning>('none');
  /** Rises when the list was ranked anew below what is looked at. */
  reranked = $state(0);
  watcher: Watcher | null = null;
  private tone: Tone = PLAIN_TONE;
  private coming: ChipList | null = null;
  private readonly decoder = new Decoder();
  private readonly offs: (() => void)[] = [];
  private driftTimer: ReturnType<typeof setTimeout> | undefined;
  private facetTimer: ReturnType<typeof setTimeout> | undefined;
  private checkAll = false;
  /** The rows' scores are of another class than the one in hand. */
  private turned = false;
  private readonly ranker = new Calm(RANK_MS, (signal) => this.rerank(signal));

  constructor() {
    this.offs.push(
      live.on<Answered>('annotations', (answered) => void this.answered(answered)),
      live.on<{ what: string }>('workspace', ({ what }) => {
        if (what === 'chips' || what === 'scenes' || what === 'releases') this.checkSoon(true);
      }),
      live.onReconnect(() => this.again()),
      following.watch((on) => (on ? this.ranker.soon(0) : this.ranker.stop())),
    );
  }

  close(): void {
    for (const off of this.offs) off();
    this.ranker.stop();
    clearTimeout(this.driftTimer);
    clearTimeout(this.facetTimer);
    this.coming?.close();
    this.list?.close();
    this.base?.close();
    this.mask?.close();
    this.decoder.close();
  }

  /** Another filter, order or task; `near` is the place to begin with. */
  open(query: ListQuery, near = 0): void {
    this.coming?.close();
    this.ranker.stop();
    this.turned = false;
    this.loading = true;
    this.problem = this.filterProblem = null;
    const list: ChipList = new ChipList(query, {
      rows: (range) => {
        if (this.list !== list) return;
        this.version++;
        this.watcher?.rows(range);
      },
      sized: () => this.sized(list),
      drifted: (total) => (this.drift = total),
      reranked: (total) => {
        if (this.list !== list) return;
        this.total = total;
        this.meaning = list.meaning;
        this.drift = null;
        this.reranked++;
      },
      forgotten: () => this.forgotten(list, near),
      failed: (error) => this.failed(list, error),
    });
    this.coming = list;
    list.want({ first: near, end: near + 1 }, 0);
    this.facetsSoon(0);
  }

  /** Another class in hand on the list that is there: its scores follow. False where the list has to be opened anew. */
  turn(query: ListQuery): boolean {
    const list = this.list;
    if (!list || this.coming || (list.pin === null && !query.suggest)) return false;
    list.turn(query.class);
    this.turned = !query.suggest;
    if (this.turned) this.ranker.soon();
    return true;
  }

  /** The same list again, as it is now. */
  reload(near = 0): void {
    const query = this.list?.query ?? this.coming?.query;
    if (query) this.open(query, near);
  }

  retry(): void {
    this.problem = this.pictureProblem = null;
    if (this.coming) this.open(this.coming.query);
    this.list?.retry();
    this.base?.retry();
    this.mask?.retry();
    if (this.queryables.length === 0) this.facetsSoon(0);
  }

  showLayer(layer: string): void {
    if (this.base?.layer === layer) return;
    this.base?.close();
    this.base = this.pictures(layer, true);
    this.base.setTone(this.tone);
  }

  /** Brightness, contrast and gamma of the pictures. */
  showTone(tone: Tone): void {
    this.tone = tone;
    this.base?.setTone(tone);
  }

  showMask(layer: string | null): void {
    if ((this.mask?.layer ?? null) === layer) return;
    this.mask?.close();
    this.mask = layer === null ? null : this.pictures(layer, false);
  }

  private pictures(layer: string, tell: boolean): Pictures {
    this.pictureProblem = null;
    return new Pictures(layer, this.decoder, {
      came: (spots) => this.watcher?.came(spots),
      failed: (error) => {
        if (tell) this.pictureProblem = asProblem(error);
      },
    });
  }

  private sized(list: ChipList): void {
    if (this.coming !== list) return;
    this.list?.close();
    this.coming = null;
    this.drift = null;
    this.problem = null;
    this.total = list.total;
    this.meaning = list.meaning;
    this.list = list;
    this.loading = false;
    this.version++;
  }

  private failed(list: ChipList, error: unknown): void {
    const problem = asProblem(error);
    if (list === this.coming && error instanceof ProblemError && problem.status === 422 && list.query.filter !== '') {
      void this.refuse(list, problem);
    } else {
      this.problem = problem;
      this.loading = false;
    }
  }

  /** What is wrong with a filter is told of what was written, without the level that goes with it. */
  private async refuse(list: ChipList, problem: Problem): Promise<void> {
    const { filter, level, task } = list.query;
    const asked = (level ?? null) === null ? null : get('/chips', { filter, task, limit: 0 });
    const told = asked && (await asked.then(() => null, asProblem));
    if (list !== this.coming) return;
    this.filterProblem = told?.status === 422 ? told : problem;
    this.loading = false;
  }

  /** The connection is back: what was missed is asked for again. */
  private again(): void {
    this.retry();
    const range = this.watcher?.visible();
    if (range && this.list) void this.renew(this.list.idsIn(range));
    if (this.ranks) this.ranker.soon();
    this.checkSoon(true);
  }

  /** The list as it was is no longer known (the server began anew): as it is now, near the same place. */
  private forgotten(list: ChipList, near: number): void {
    if (list !== this.list && list !== this.coming) return;
    this.open(list.query, this.watcher?.visible().first ?? near);
  }

  /** Whether answers change the order or the scores of what is shown. */
  private get ranks(): boolean {
    const query = this.list?.query;
    return following.on && Boolean(query?.class) && !query?.suggest && this.coming === null;
  }

  private async rerank(signal: AbortSignal): Promise<void> {
    const seen = this.watcher?.visible();
    if (!seen || !this.list || !(this.ranks || this.turned)) return;
    try {
      this.turned = false;
      await this.list.rerank(seen, seen.end, signal);
    } catch {
      /* the next answer, or coming back, asks again */
    }
  }

  private async answered({ chips, task, head }: Answered): Promise<void> {
    told(head, chips); // the list may be on its way, and not know it
    if (this.ranks && (task === null || task === this.list?.query.task)) this.ranker.soon();
    this.checkSoon();
    if (!this.list || (task !== null && task !== this.list.query.task)) return;
    const range = this.watcher?.visible();
    await this.renew(maybeAll(chips) && range ? this.list.idsIn(range) : chips);
  }

  private async renew(ids: string[]): Promise<void> {
    try {
      const rows = (await this.list?.renew(ids)) ?? [];
      this.mask?.renew(rows);
    } catch {
      /* the next event, or coming back, asks again */
    }
  }

  private checkSoon(always = false): void {
    this.facetsSoon(FACETS_MS);
    this.checkAll ||= always;
    if (this.driftTimer !== undefined) return;
    this.driftTimer = setTimeout(() => {
      this.driftTimer = undefined;
      const all = this.checkAll;
      this.checkAll = false;
      void this.check(all);
    }, CALM_MS);
  }

  /** Whether the server would list another number of chips. Where answers are followed live they are no news. */
  private async check(all: boolean): Promise<void> {
    const list = this.list;
    const follows = this.ranks && list?.pin !== null;
    if (follows && list?.query.filter) return void this.ranker.soon();
    if (follows && !all) return;
    try {
      const now = await list?.count();
      if (list === this.list && now !== undefined) this.drift = now === list?.total ? null : now;
    } catch {
      /* offline: said by the shell */
    }
  }

  private facetsSoon(wait: number): void {
    clearTimeout(this.facetTimer);
    this.facetTimer = setTimeout(() => {
      const query = (this.coming ?? this.list)?.query;
      get<Queryable[]>('/queryables', { task: query?.task ?? workspace.task, level: query?.level })
        .then((told) => (this.queryables = told))
        .catch(() => undefined);
    }, wait);
  }
}
