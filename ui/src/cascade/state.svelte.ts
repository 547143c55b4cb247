/** One cascade as the page shows it: where it is, the cells of a level, the chips to answer, what may be done. */
import { untrack } from 'svelte';
import { Calm } from '../chips/calm';
import { rowsOf, type ListQuery } from '../chips/list';
import { ChipsState } from '../chips/state.svelte';
import type { Suggested } from '../chips/suggested';
import { asOf } from '../label/asof';
import { type AnswerValue, newId } from '../label/acts';
import { labelling } from '../label/labelling.svelte';
import { asProblem, get, isAbort, patch, post } from '../lib/api';
import { isGoing, jobs } from '../lib/jobs.svelte';
import { live } from '../lib/live.svelte';
import { sentenceOf } from '../lib/problem';
import { session } from '../lib/session.svelte';
import { toast } from '../lib/toast.svelte';
import type { AnnotationResults, ChipRow, Problem } from '../lib/types';
import { type CellAnswer, Cells, counted, decided, strideOf } from './cells';
import { Finding } from './finding.svelte';
import type {
  Cascade,
  CellsTold,
  Conflict,
  ConflictChoice,
  Conflicts,
  LevelHistogram,
  PanelTold,
  Threshold,
} from './told';
import { CascadeSteps } from './undoing.svelte';
import { MANY, answerOf, answersTold, recallAt, scoredPositives } from './words';

const [CALM_MS, DRAG_MS] = [250, 60];

/** What the level's cells are, as they came. */
interface Known {
  key: string;
  cells: Cells;
  answers: CellAnswer[];
  conflict: readonly boolean[];
  made: readonly boolean[];
}

export class CascadeState {
  told = $state.raw<Cascade | null>(null);
  problem = $state.raw<Problem | null>(null);
  private known = $state.raw<Known | null>(null);
  private charted = $state.raw<LevelHistogram | null>(null);
  conflicts = $state.raw<readonly Conflict[]>([]);
  panel = $state.raw<Pick<PanelTold, 'left' | 'strategy'> | null>(null);
  readonly page = new ChipsState();
  /** A level that is looked at again, by its number; null: the one that is worked at. */
  looked = $state<number | null>(null);
  scene = $state('');
  /** A cascade that is still to come. */
  opening = $state<string | null>(null);
  /** What goes on by a press: the buttons wait. */
  busy = $state<string | null>(null);
  /** A threshold that is being dragged, as a recall. */
  draft = $state<number | null>(null);
  readonly steps = new CascadeSteps(this);
  /** Rows of cells that were picked on the map. */
  private picked = $state.raw<ReadonlyMap<string, ChipRow>>(new Map());
  private seed = 0;
  private readonly calm = new Calm(CALM_MS, (signal) => this.refresh(signal));
  private readonly dragged = new Calm(DRAG_MS, (signal) => this.chart(signal));
  private readonly offs: (() => void)[];

  /** Called while a component is made. */
  constructor(readonly finding: Finding) {
    this.offs = [
      live.on<{ task: string | null }>('annotations', ({ task }) => {
        if (!this.busy && (task === null || task === this.told?.task)) this.calm.soon();
      }),
      live.on('cascade', () => !this.busy && this.calm.soon(0)),
      live.on<{ what: string }>('workspace', ({ what }) => what === 'chips' && this.calm.soon()),
      live.onReconnect(() => this.calm.soon(0)),
      labelling.know((id) => this.rowOf(id)),
    ];
    $effect(() => {
      const id = this.finding.row?.id ?? null;
      untrack(() => this.open(id));
    });
    $effect(() => {
      const row = this.told;
      if (row && !row.scenes.includes(this.scene)) this.scene = row.scenes[0] ?? '';
    });
    $effect(() => {
      if (this.place) untrack(() => void this.attempt(() => this.loadCells()));
    });
    $effect(() => {
      void [this.level, this.draft, this.told?.id, this.told?.recall];
      untrack(() => this.dragged.soon());
    });
    $effect(() => {
      if (this.asked !== null) untrack(() => this.ask(0));
    });
    // the job that made chips has ended
    $effect(() => {
      const job = jobs.list.find((one) => one.id === this.told?.job);
      if (job && !isGoing(job)) untrack(() => this.calm.soon(0));
    });
  }

  close(): void {
    for (const off of this.offs) off();
    this.calm.stop();
    this.dragged.stop();
    this.page.close();
  }

  // --- what is derived ------------------------------------------------------------------------------------------

  readonly current = $derived(this.told?.grid.find((one) => one.state === 'current') ?? null);
  /** The level that is seen. */
  readonly level: number | null = $derived.by(() => {
    const { told, looked } = this;
    if (!told) return null;
    return told.grid.some((one) => one.level === looked && one.state !== 'ahead') ? looked : told.level;
  });
  readonly stage = $derived(this.told?.grid.find((one) => one.level === this.level) ?? null);
  readonly former = $derived(this.level !== null && this.level !== this.told?.level);
  private readonly place = $derived(
    this.told && this.scene ? `${this.told.id} ${this.level} ${this.scene} ${this.told.level} ${this.told.job}` : null,
  );
  /** No chip of the level is there yet. */
  readonly waiting = $derived(
    this.current !== null && this.current.missing !== null && this.current.missing > 0 && this.current.made === 0,
  );
  /** Changes where other chips are to be asked about. */
  private readonly asked = $derived(
    this.told && this.current && !this.waiting ? `${this.told.id} ${this.told.level} ${this.current.missing}` : null,
  );
  readonly job = $derived(jobs.list.find((one) => one.id === this.told?.job && isGoing(one)) ?? null);

  readonly cells: Cells | null = $derived(this.known?.cells ?? null);
  readonly histogram = $derived(this.charted?.level === this.level ? this.charted : null);
  readonly threshold: Threshold | null = $derived(this.histogram?.threshold ?? this.stage?.threshold ?? null);

  /** What people said of the cells, with what the server does not have yet. */
  readonly answers: readonly CellAnswer[] = $derived.by(() => {
    const { known, told, page, picked } = this;
    if (!known || !told) return [];
    void [labelling.version, page.version];
    const out = [...known.answers];
    const lay = (row: ChipRow | undefined): void => {
      const index = row ? known.cells.indexOf(row.id) : -1;
      if (index >= 0) out[index] = answerOf(labelling.shown(row!, told.task), told.code, out[index]);
    };
    for (const row of picked.values()) lay(row);
    for (let i = 0; i < (page.total ?? 0); i++) lay(page.list?.at(i));
    return out;
  });
  /** While a threshold is dragged, what it would decide. */
  readonly decisions = $derived.by(() => {
    const { cells, draft, threshold } = this;
    if (!cells) return [];
    return draft === null ? cells.told.decision : decided(cells, this.answers, threshold?.score ?? null);
  });
  readonly counts = $derived(counted(this.decisions));
  /** Recalls go in steps of one of these. */
  readonly positives = $derived(scoredPositives(this.cells?.score ?? new Float32Array(), this.answers));
  /** Chips of the panel that have an answer by now. */
  readonly answered = $derived.by(() => {
    const { page, told, cells, answers } = this;
    void [labelling.version, page.version];
    let out = 0;
    for (let i = 0; i < (page.total ?? 0); i++) {
      const row = page.list?.at(i);
      if (!row || !told) continue;
      const index = cells?.indexOf(row.id) ?? -1;
      const said = index >= 0 ? answers[index] : answerOf(labelling.shown(row, told.task), told.code);
      if (said !== 'none') out++;
    }
    return out;
  });

  conflictAt(index: number): boolean {
    return this.known?.conflict[index] ?? false;
  }

  madeAt(index: number): boolean {
    return this.known?.made[index] ?? true;
  }

  rowOf(id: string): ChipRow | undefined {
    const place = this.page.list?.placeOf(id);
    return (place === undefined ? undefined : this.page.list?.at(place)) ?? this.picked.get(id);
  }

  // --- what is fetched ------------------------------------------------------------------------------------------

  private get way(): string {
    return `/cascades/${encodeURIComponent(this.told?.id ?? '')}`;
  }

  /** Another cascade; the one before stays in view until it has come. */
  private open(id: string | null): void {
    if (id !== null && this.told?.id === id && this.opening === null) return;
    this.problem = null;
    this.opening = id;
    if (id === null) return this.enter(null);
    void get<Cascade>(`/cascades/${encodeURIComponent(id)}`).then(
      (told) => this.opening === id && this.enter(told),
      (error: unknown) => {
        if (this.opening !== id) return;
        this.enter(null);
        this.problem = asProblem(error);
      },
    );
  }

  private enter(told: Cascade | null): void {
    this.opening = this.known = this.charted = null;
    this.conflicts = [];
    this.picked = new Map();
    this.looked = this.draft = null;
    if (told) this.take(told);
    else this.told = null;
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.problem = null;
    } catch (error) {
      if (!isAbort(error)) this.problem = asProblem(error);
    }
  }

  retry(): void {
    const id = this.finding.row?.id;
    if (id && !this.told) this.open(id);
    else void this.attempt(() => this.refresh());
  }

  private take(told: Cascade): void {
    this.told = told;
    if (told.conflicts === 0) this.conflicts = [];
    else
      void get<Conflicts>(`${this.way}/conflicts`).then(
        (found) => (this.conflicts = found.conflicts),
        () => undefined,
      );
  }

  private async refresh(signal?: AbortSignal): Promise<void> {
    if (!this.told) return;
    const { id } = this.told;
    const told = await get<Cascade>(this.way, {}, { signal }).catch(
      (error: unknown) => void (asProblem(error).status === 404 && this.finding.load()), // somebody took it back
    );
    if (!told || this.told?.id !== id) return;
    this.take(told);
    await Promise.all([this.loadCells(signal), this.chart(signal)]).catch(() => undefined);
  }

  private async loadCells(signal?: AbortSignal): Promise<void> {
    const { told, level, scene, place } = this;
    if (!told || level === null || !scene || place === null) return;
    const found = await get<CellsTold>(`${this.way}/levels/${level}/cells`, { scene }, { signal });
    if (place !== this.place) return;
    const answers = answersTold(found);
    const { chip_size, width, height } = found;
    const grid = { scene, level, size: chip_size, stride: strideOf(found, chip_size), width, height };
    const cells = new Cells(grid, { ...found, answer: answers, training: found.trains });
    this.known = { key: place, cells, answers, conflict: found.conflict, made: found.made };
  }

  private async chart(signal?: AbortSignal): Promise<void> {
    const { told, level, draft } = this;
    if (!told || level === null) return;
    const found = await get<LevelHistogram>(
      `${this.way}/levels/${level}/histogram`,
      { recall: draft },
      { signal },
    ).catch(
      () => null, // a help only
    );
    if (found && this.told?.id === told.id) this.charted = found;
  }

  /** The row of a cell, for the card and for answers that show at once. */
  async pick(index: number): Promise<ChipRow | null> {
    const { cells, told } = this;
    if (!cells || !told || index < 0 || !this.madeAt(index)) return null;
    const id = cells.idOf(index);
    const known = this.rowOf(id);
    if (known) return known;
    const [row] = await rowsOf({ filter: '', sort: '', task: told.task }, [id]).catch(() => []);
    if (row) this.picked = new Map([...[...this.picked].slice(-500), [id, row]]);
    return row ?? null;
  }

  // --- the panel ------------------------------------------------------------------------------------------------

  /** The next chips to answer. */
  ask(further = 1): void {
    const { told } = this;
    if (!told) return;
    this.seed += further;
    const query: ListQuery = {
      filter: '',
      sort: '',
      task: told.task,
      suggest: { n: MANY, doubted: 0, seed: this.seed },
      given: (signal) => this.suggested(told.id, this.seed, signal),
    };
    this.page.open(query);
  }

  private async suggested(id: string, seed: number, signal?: AbortSignal): Promise<Suggested> {
    const query = { n: MANY, seed };
    const told = await get<PanelTold>(`/cascades/${encodeURIComponent(id)}/suggest`, query, { signal });
    this.panel = { left: told.left, strategy: told.strategy };
    const rows = told.chips.map(({ chip, score }) => ({ ...chip, score }));
    asOf(rows, told.head);
    const reasons = new Map(told.chips.map(({ chip, reason }) => [chip.id, reason] as const));
    return { rows, reasons, meaning: told.meaning === 'score' ? 'score' : 'none' };
  }

  // --- what a person does ---------------------------------------------------------------------------------------

  /** Steps of the cascade: they are written at once, and can be taken back. */
  private async step(name: string, how: () => Promise<Cascade>): Promise<boolean> {
    if (this.busy || this.opening || !this.told || !(await session.ensureName())) return false;
    this.busy = name;
    // what is being asked of a level may not be there a moment later
    this.calm.stop();
    this.dragged.stop();
    try {
      const told = await how();
      if (told.gone) {
        this.open(null);
        await this.finding.load();
        return true;
      }
      this.looked = null;
      this.take(told);
      void jobs.load();
      void this.finding.load();
      return true;
    } catch (error) {
      toast(sentenceOf(asProblem(error)), { kind: 'danger' });
      return false;
    } finally {
      this.busy = null;
      this.calm.soon(0);
    }
  }

  advance(): Promise<boolean> {
    return this.step('advance', () => post<Cascade>(`${this.way}/advance`, { recall: null }));
  }

  back(): Promise<boolean> {
    return this.step('back', () => post<Cascade>(`${this.way}/back`));
  }

  make(): Promise<boolean> {
    return this.step('make', () => post<Cascade>(`${this.way}/make`));
  }

  async setRecall(recall: number): Promise<void> {
    if (recall !== this.told?.recall) {
      await this.step('recall', () => patch<Cascade>(this.way, { recall }));
    }
    this.draft = null;
  }

  /** A score on the chart: the recall that it stands for is tried out. */
  drag(score: number): void {
    const recall = this.cells ? recallAt(score, this.cells.score, this.answers) : null;
    if (recall !== null) this.draft = Math.min(1, Math.max(0.5, Math.round(1000 * recall) / 1000));
  }

  /** Settles a contradiction as one of its choices has it: one act where the same is said of all, so that undo takes it back. */
  async settle(choice: ConflictChoice): Promise<void> {
    if (this.busy || !(await session.ensureName())) return;
    const said = new Set(choice.events.map(({ kind, payload }) => JSON.stringify([kind, payload])));
    const { kind, payload } = choice.events[0] ?? {};
    if (kind === 'answer' && said.size === 1) {
      const ids = choice.events.map((one) => String(one['chip_id']));
      const { value, class: code } = payload as { value: AnswerValue; class: number };
      labelling.answer(ids, { value, code });
      return;
    }
    this.busy = 'settle';
    try {
      const events = choice.events.map((one) => ({ ...one, id: newId() }));
      const told = await post<AnnotationResults>('/annotations', events);
      const refused = told.results.find((one) => one.status === 'refused');
      if (refused) toast(`The server did not take it: ${refused.error ?? ''}`, { kind: 'warn' });
      await this.refresh();
    } catch (error) {
      toast(sentenceOf(asProblem(error)), { kind: 'danger' });
    } finally {
      this.busy = null;
    }
  }
}
