/** What is taken back and brought back on the page of a cascade: its own answers and steps, nothing of before. */
import { newId } from '../label/acts';
import { labelling } from '../label/labelling.svelte';
import { asProblem, post } from '../lib/api';
import { sentenceOf } from '../lib/problem';
import { session } from '../lib/session.svelte';
import { toast } from '../lib/toast.svelte';
import type { AnnotationResults } from '../lib/types';
import type { CascadeState } from './state.svelte';
import { backEnds, goneOf, isOf } from './words';

function levelOf(chip: string): number {
  return Number(chip.split('_').at(-3));
}

export class CascadeSteps {
  constructor(private readonly cascade: CascadeState) {}

  private get told() {
    return this.cascade.told;
  }

  /** The next step of this cascade that can be taken back, and the next one that can be brought back. */
  readonly undoable = $derived.by(() => labelling.steps.undo.find((one) => this.told && isOf(one, this.told)) ?? null);
  readonly redoable = $derived.by(() => labelling.steps.redo.find((one) => this.told && isOf(one, this.told)) ?? null);
  /** The last step back takes the whole cascade away. */
  readonly ends = $derived.by(() => this.told !== null && backEnds(this.told, labelling.steps.undo));
  /** A cascade that was taken back and can be brought back. */
  readonly gone = $derived.by(() => (this.told ? null : goneOf(labelling.steps.redo)));

  undo(): void {
    const one = this.undoable;
    if (one) {
      labelling.undo(one);
      // what is said of it can't be seen: it lies on another level
      if (one.chip_id && levelOf(one.chip_id) !== this.cascade.level)
        toast(`Taken back: ${one.says}, on another level.`);
    } else toast('Nothing of this cascade is left to take back.');
  }

  redo(): void {
    if (this.redoable) labelling.redo(this.redoable);
    else toast('Nothing of this cascade is left to bring back.');
  }

  /** A cascade that was taken back is there again. */
  async bringBack(): Promise<void> {
    const { gone, cascade } = this;
    if (!gone || cascade.busy || !(await session.ensureName())) return;
    cascade.busy = 'bring';
    try {
      const event = { id: newId(), kind: 'undo' as const, undoes: gone.id, payload: {} };
      const told = await post<AnnotationResults>('/annotations', [event]);
      const refused = told.results.find((one) => one.status === 'refused');
      if (refused) toast(`It could not be brought back: ${refused.error ?? ''}`, { kind: 'warn' });
      await cascade.finding.load();
    } catch (error) {
      toast(sentenceOf(asProblem(error)), { kind: 'danger' });
    } finally {
      cascade.busy = null;
    }
  }
}
