/** Chips that a frame over the wall gathers into the selection. */
import { selection } from '../label/selection.svelte';
import { type Box, placesIn, rangeOf } from './band';
import type { Layout } from './layout';
import type { ChipList } from './list';

export class Gathering {
  frame = $state.raw<Box | null>(null);
  private base: string[] | null = null;
  private places: number[] = [];

  constructor(
    private readonly layout: () => Layout,
    private readonly list: () => ChipList | null,
  ) {}

  /** Tiles in the frame are selected while it is drawn. `add`: beside what was selected before. */
  over(box: Box, add: boolean): void {
    this.frame = box;
    this.base ??= add ? selection.list() : [];
    this.places = placesIn(this.layout(), box);
    const list = this.list();
    const ids = this.places.map((place) => list?.at(place)?.id).filter((id) => id !== undefined);
    selection.replace([...this.base, ...ids], ids[0] ?? null);
  }

  /** Rows that have not come are asked for at the end. */
  async end(): Promise<void> {
    const [base, places, list] = [this.base ?? [], this.places, this.list()];
    this.frame = this.base = null;
    this.places = [];
    if (!list || places.every((place) => list.at(place))) return;
    const range = rangeOf(places);
    const ids = await list.ids(range);
    const found = places.map((place) => ids[place - range.first]).filter((id) => id !== undefined);
    selection.replace([...base, ...found], found[0] ?? null);
  }
}
