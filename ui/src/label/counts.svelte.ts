/** Positive and negative examples of each class: what the server counted, and what was answered since. */
import { get } from '../lib/api';
import { live } from '../lib/live.svelte';
import type { LabelCounts, Ranking } from '../lib/types';
import { workspace } from '../lib/workspace.svelte';
import { labelling } from './labelling.svelte';

export interface Counted {
  positive: number;
  negative: number;
  /** Labelled chips that were removed from training. */
  removed: number;
  goal: number;
}

const CALM_MS = 500;
export const GOAL = 100;
const NONE: Counted = { positive: 0, negative: 0, removed: 0, goal: GOAL };

interface Told {
  task: string;
  head: number;
  classes: ReadonlyMap<number, Counted>;
}

export class Counts {
  private told = $state.raw<Told | null>(null);
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly offs: (() => void)[];

  constructor() {
    this.offs = [live.on('annotations', () => this.soon()), live.onReconnect(() => this.soon(0))];
  }

  close(): void {
    for (const off of this.offs) off();
    clearTimeout(this.timer);
  }

  /** By code, with what the server does not count yet. */
  readonly now: ReadonlyMap<number, Counted> = $derived.by(() => {
    const { task } = workspace;
    const told = this.told?.task === task ? this.told : null;
    const ahead = labelling.ahead(told?.head ?? 0).filter((one) => one.task === task);
    const out = new Map<number, Counted>();
    for (const { code } of labelling.classes) {
      const known = told?.classes.get(code) ?? NONE;
      const sum = (kind: 'positive' | 'negative'): number =>
        Math.max(0, known[kind] + ahead.reduce((all, one) => all + (one[kind].get(code) ?? 0), 0));
      out.set(code, { ...known, positive: sum('positive'), negative: sum('negative') });
    }
    return out;
  });

  soon(wait = CALM_MS): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(), wait);
  }

  private async load(): Promise<void> {
    const { task } = workspace;
    if (task === null) return;
    try {
      const told = await get<Ranking>('/ranking', { task });
      const classes = new Map(told.classes.map((one) => [one.code, { ...one, goal: one.goal ?? GOAL }]));
      this.told = { task, head: told.head, classes };
    } catch {
      await this.plain(task).catch(() => undefined);
    }
  }

  /** Where nothing is ranked: chips of each class. */
  private async plain(task: string): Promise<void> {
    const head = labelling.head;
    const told = await get<LabelCounts>('/labels', { task });
    const classes = new Map(told.classes.map(({ code, chips }) => [code, { ...NONE, positive: chips }]));
    this.told = { task, head, classes };
  }
}

/** What to label next of a class, in a sentence. */
export function balanceOf(title: string, { positive, negative, goal }: Counted): string {
  const lacking = [positive < goal && `${goal - positive} positive`, negative < goal && `${goal - negative} negative`];
  const left = lacking.filter(Boolean).join(' and ');
  if (positive + negative === 0) return `${title}: aim for ${goal} positive and ${goal} negative chips.`;
  if (positive > 10 * Math.max(1, negative)) return `${title}: few negatives. Label some chips without it.`;
  if (negative > 10 * Math.max(1, positive)) return `${title}: few positives. Look for more chips with it.`;
  return left ? `${title}: ${left} to the goal.` : `${title}: the goal of ${goal} of each is reached.`;
}
