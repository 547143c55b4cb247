/** What keys and buttons act on: the selection, or else the chip at the cursor; and what comes after an answer. */
import { session } from '../lib/session.svelte';
import type { ChipRow } from '../lib/types';
import type { AnswerValue, AttributeValue } from './acts';
import { habits } from './habits.svelte';
import { labelling } from './labelling.svelte';
import { selection } from './selection.svelte';

export interface Place {
  /** The chip that the keyboard is at. */
  chip: () => Pick<ChipRow, 'id'> | null;
  /** Go on to the next chip; false at the last one. */
  next: () => void;
  /** A row by its id, where it is loaded. */
  row: (id: string) => ChipRow | undefined;
  /** About this chip alone, whatever is selected elsewhere. */
  alone?: boolean;
  /** Answers speak of their class alone, also where a chip has one class. */
  only?: boolean;
}

export class Hands {
  constructor(private readonly place: Place) {}

  /** Ids of the chips that an answer is about. */
  readonly targets: readonly string[] = $derived.by(() => {
    if (selection.size > 0 && !this.place.alone) return selection.list();
    const chip = this.place.chip();
    return chip ? [chip.id] : [];
  });

  /** Rows of the first of them as they show now: what the panel says of them. */
  readonly rows: readonly ChipRow[] = $derived.by(() => {
    void labelling.version;
    const rows = this.targets.slice(0, 500).map((id) => this.place.row(id));
    return rows.filter((row) => row !== undefined).map((row) => labelling.shown(row));
  });

  /** Goes on only once it is known who answers: whoever gives no name stays where they are. */
  answer(value: AnswerValue, code: number | null = labelling.code, reason?: string): void {
    const ids = this.targets;
    const say = (): void => {
      labelling.answer(ids, { value, code, reason, only: this.place.only });
      this.after(ids);
    };
    if (session.actor || (session.me && !session.may('annotate'))) say();
    else void session.ensureName().then((name) => name && say());
  }

  /** Out of the model, or back in where all of them are out. */
  training(): void {
    const out = this.rows.length > 0 && this.rows.every((row) => row.training === false);
    labelling.training(this.targets, out);
    this.spend();
  }

  attribute(name: string, value: AttributeValue): void {
    labelling.attribute(this.targets, name, value);
    this.spend();
  }

  private spend(): void {
    if (!this.place.alone) selection.spend();
  }

  private after(ids: readonly string[]): void {
    if (!this.place.alone) selection.answered();
    if (ids.length === 1 && ids[0] === this.place.chip()?.id && habits.onward) this.place.next();
  }
}
