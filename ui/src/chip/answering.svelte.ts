/** The chip as labelling sees it: its row in the task in hand, what the model holds of it, and answers given here. */
import { untrack } from 'svelte';
import { REASONS } from '../chips/suggested';
import { asOf } from '../label/asof';
import { Hands } from '../label/hands.svelte';
import { labelling } from '../label/labelling.svelte';
import { get, isAbort } from '../lib/api';
import { live } from '../lib/live.svelte';
import { recall } from '../lib/stored';
import type { ChipPage, ChipRow, Meaning } from '../lib/types';
import { workspace } from '../lib/workspace.svelte';
import type { ChipState } from './state.svelte';

const CALM_MS = 250;

export class Answering {
  /** As the server told it last. */
  private row = $state.raw<ChipRow | null>(null);
  meaning = $state<Meaning>('none');
  readonly hands: Hands;
  private flight = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** Called while a component is made: it lasts as long as the component. */
  constructor(
    private readonly chip: ChipState,
    next: () => void,
  ) {
    this.hands = new Hands({
      alone: true,
      next,
      chip: () => this.row,
      row: (id) => (this.row?.id === id ? this.row : undefined),
    });
    $effect(() => {
      const { id } = chip;
      const [task, code] = [workspace.task, labelling.code];
      if (!id || task === null) return;
      untrack(() => {
        if (this.row?.id !== id) this.row = null;
        void this.bring(id, task, code);
      });
    });
    $effect(() => {
      void labelling.start();
      const offs = [
        labelling.know((id) => (this.row?.id === id ? this.row : undefined)),
        live.on('annotations', () => this.soon()),
        live.onReconnect(() => this.soon()),
      ];
      return () => {
        offs.forEach((off) => off());
        clearTimeout(this.timer);
        this.flight.abort();
      };
    });
  }

  /** The row with what was answered here since it came. */
  readonly shown: ChipRow | null = $derived.by(() => {
    void labelling.version;
    return labelling.shown(this.row);
  });

  /** Why the machine asked about this chip, where it did. */
  readonly reason: string | null = $derived.by(() => {
    try {
      const told = JSON.parse(recall('suggested', 'session') ?? 'null') as {
        chips: [string, keyof typeof REASONS][];
      } | null;
      const found = told?.chips.find(([id]) => id === this.chip.id);
      return found ? REASONS[found[1]].says : null;
    } catch {
      return null;
    }
  });

  private soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      if (this.chip.id && workspace.task !== null) void this.bring(this.chip.id, workspace.task, labelling.code);
    }, CALM_MS);
  }

  private async bring(id: string, task: string, code: number | null): Promise<void> {
    this.flight.abort();
    const flight = (this.flight = new AbortController());
    const query = { filter: `chip_id = '${id.replaceAll("'", "''")}'`, task, class: code ?? undefined, limit: 1 };
    try {
      const page = await get<ChipPage>('/chips', query, { signal: flight.signal });
      if (flight.signal.aborted) return;
      this.row = asOf(page.chips, page.head)[0] ?? null;
      this.meaning = page.meaning ?? 'none';
    } catch (error) {
      if (isAbort(error)) return;
      // without the list's own words the chip can still be answered
      if (this.row?.id !== id && this.chip.detail?.chip.id === id)
        this.row = { ...this.chip.detail.chip, label: this.chip.detail.labels[task] ?? null };
    }
  }
}
