/** Acts over rows that the server gave before them: a page shows an answer at once, and loses none when it loads rows. */
import type { ChipRow } from '../lib/types';
import type { Act } from './acts';
import { headOf } from './asof';
import { type Rules, type State, after, stateOf } from './effect';

interface Layer {
  act: Act;
  /** Number of its last event; null while the server does not have it. */
  seq: number | null;
  /** Chips as they were before it, as far as the page knew. */
  before: Map<string, State>;
  /** Of an undo: the act that it takes back, where the page knows it. */
  of: Layer | null;
  rules: Rules;
}

/** Acts, and chips in them, of which the page remembers what was before. */
const MOST = 500;
const MOST_CHIPS = 400_000;

export class Overlay {
  /** Rises with every change. */
  version = 0;
  private readonly layers = new Map<string, Layer>();
  private readonly byChip = new Map<string, Layer[]>();
  private chips = 0;

  /** The row with what was answered since it came. */
  shown(row: ChipRow, task: string | null): ChipRow {
    const layers = this.byChip.get(row.id);
    if (!layers) return row;
    const head = headOf(row);
    const open = layers.filter(({ act, seq }) => (seq === null || seq > head) && (act.task ?? task) === task);
    // an undo of what the row does not have in yet is as if neither had been
    const gone = new Set<Layer>();
    for (const layer of [...open].reverse()) if (layer.of && !gone.has(layer)) gone.add(layer.of);
    let state: State | null = null;
    for (const layer of open) {
      if (gone.has(layer) || (layer.of && open.includes(layer.of))) continue;
      state = this.through(state ?? stateOf(row), row.id, layer);
    }
    return state ? { ...row, ...state } : row;
  }

  /** Lay an act over its chips; `known` gives rows as they are shown now. */
  add(act: Act, rules: Rules, known: (id: string) => ChipRow | undefined): string[] {
    if (this.layers.has(act.id)) return [];
    const of = act.undoes === null ? null : (this.layers.get(act.undoes) ?? null);
    const chips = of ? of.act.chips : act.chips;
    const about = of ? { ...act, chips, task: of.act.task } : act;
    const layer: Layer = { act: about, seq: null, before: new Map(), of, rules };
    for (const id of chips) {
      const row = known(id);
      if (row) layer.before.set(id, stateOf(row));
    }
    this.layers.set(act.id, layer);
    for (const id of chips) {
      const there = this.byChip.get(id);
      if (there) there.push(layer);
      else this.byChip.set(id, [layer]);
    }
    this.chips += chips.length;
    this.version++;
    this.forget();
    return chips;
  }

  /** The server has it. Its chips answer at once still; rows that come from now on have it in. */
  settle(id: string, seq: number): void {
    const layer = this.layers.get(id);
    if (layer) layer.seq = seq;
  }

  /** The server did not take it, of these chips or at all; the chips to show anew. */
  drop(id: string, chips?: readonly string[]): readonly string[] {
    const layer = this.layers.get(id);
    if (!layer) return [];
    const gone = chips ?? layer.act.chips;
    for (const chip of gone) this.lift(chip, layer);
    if (!chips) this.layers.delete(id);
    this.version++;
    return gone;
  }

  /** Chips that the page knew: what they were before an act, and are after it. */
  changes(id: string): { before: State; now: State }[] {
    const layer = this.layers.get(id);
    if (!layer) return [];
    return [...layer.before].map(([chip, before]) => ({ before, now: this.through(before, chip, layer) }));
  }

  actOf(id: string): Act | null {
    return this.layers.get(id)?.act ?? null;
  }

  private through(state: State, chip: string, { act, of, rules }: Layer): State {
    if (act.kind !== 'undo') return after(state, act, rules);
    // what was before the act that is taken back; where that is not known the server's row has to come
    const was = of?.before.get(chip);
    return was ? restored(state, was, rootOf(of!)) : state;
  }

  private lift(chip: string, layer: Layer): void {
    const left = (this.byChip.get(chip) ?? []).filter((one) => one !== layer);
    if (left.length > 0) this.byChip.set(chip, left);
    else this.byChip.delete(chip);
  }

  /** The oldest acts that the server has had for long are let go. */
  private forget(): void {
    for (const [id, layer] of this.layers) {
      if (this.layers.size <= MOST && this.chips <= MOST_CHIPS) return;
      if (layer.seq === null) continue;
      for (const chip of layer.act.chips) this.lift(chip, layer);
      this.chips -= layer.act.chips.length;
      this.layers.delete(id);
    }
  }
}

/** The act at the end of a chain of undos. */
function rootOf(layer: Layer): Act {
  let root = layer;
  while (root.of) root = root.of;
  return root.act;
}

/** Only what the act spoke of goes back. */
function restored(state: State, was: State, act: Act): State {
  if (act.kind === 'training') return { ...state, training: was.training };
  if (act.kind === 'attribute') return { ...state, attributes: was.attributes };
  return { ...state, label: was.label };
}
