/** On which chip a shape is said: coordinates of events are those of a chip, shapes are the scene's. */
import type { Size } from '../canvas';
import { get } from '../lib/api';
import type { ChipPage, ChipRow } from '../lib/types';
import { workspace } from '../lib/workspace.svelte';
import type { Box, Point } from '../paint/contract';
import { boxOfChip } from '../paint/views/pyramid';
import { cqlText } from '../scenes/words';
import { placeOf } from './history';
import { pointOn, type Shape } from './shape';

/** A server that says nothing for so long is taken for one that is away. */
const PATIENCE_MS = 1000;

export class Homes {
  private readonly known = new Map<string, string | null>();

  constructor(
    private readonly scene: string,
    /** The chip that the page is about; shapes where no chip is belong to it. */
    private readonly chip: ChipRow,
    private readonly size: Size,
  ) {}

  /** Where the chip of the page lies on the scene. */
  get box(): Box {
    return boxOfChip(this.chip, workspace.info?.grid?.stride ?? 1, this.size);
  }

  /** The upper left corner of a chip on the scene. */
  cornerOf(chip: string): Point {
    const grid = workspace.info?.grid;
    const place = placeOf(chip);
    if (chip === this.chip.id || !grid || !place) return this.box;
    const back = (at: number, whole: number): number => Math.max(0, Math.min(at * grid.stride, whole - grid.chip_size));
    return { x: back(place.col, this.size.width), y: back(place.row, this.size.height) };
  }

  /** The chip of level 0 that holds a point of it; where there is none the one that it had. */
  async of(shape: Shape): Promise<string> {
    const grid = workspace.info?.grid;
    const spare = shape.chip || this.chip.id;
    if (!grid || this.size.width < grid.chip_size || this.size.height < grid.chip_size) return spare;
    const { x, y } = pointOn(shape);
    const last = (whole: number): number => Math.ceil((whole - grid.chip_size) / grid.stride);
    const cell = (at: number, whole: number): number =>
      Math.max(0, Math.min(last(whole), Math.floor(at / grid.stride)));
    const [row, col] = [cell(y, this.size.height), cell(x, this.size.width)];
    const key = `${row} ${col}`;
    if (!this.known.has(key)) {
      try {
        const filter = `scene_id = ${cqlText(this.scene)} AND level = 0 AND row = ${row} AND col = ${col}`;
        const signal = AbortSignal.timeout(PATIENCE_MS);
        this.known.set(key, (await get<ChipPage>('/chips', { filter, limit: 1 }, { signal })).chips[0]?.id ?? null);
      } catch {
        return spare; // offline: it is said of the chip that is known
      }
    }
    return this.known.get(key) ?? spare;
  }
}
