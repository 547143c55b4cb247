/** Pixels of a whole scene by windows, as they come; one store serves all views of the scene. */
import { ChipPixels, parseNpy, type Band, type Size, type View } from '../../canvas';
import { asProblem, bytes, isAbort } from '../../lib/api';
import type { Problem } from '../../lib/types';
import { stepFor, tilesSeen, type SceneTile } from './pyramid';

const MOST_TILES = 64;
const AT_ONCE = 4;

export interface Drawn {
  tile: SceneTile;
  pixels: ChipPixels;
  key: string;
}

interface Wanted {
  tile: SceneTile;
  bands: readonly Band[];
  key: string;
}

export class SceneTiles {
  /** Counts up as tiles come. */
  arrived = $state(0);
  problem = $state.raw<Problem | null>(null);
  private scene = '';
  private size: Size = { width: 1, height: 1 };
  private readonly tiles = new Map<string, ChipPixels>();
  private readonly asked = new Map<string, AbortController>();
  /** By who asks. */
  private readonly wanted = new Map<object, Wanted[]>();
  private flight = new AbortController();

  open(scene: string, size: Size): void {
    this.close();
    this.scene = scene;
    this.size = size;
    this.flight = new AbortController();
  }

  close(): void {
    this.flight.abort();
    for (const one of this.asked.values()) one.abort();
    this.asked.clear();
    this.tiles.clear();
    this.wanted.clear();
    this.problem = null;
  }

  /** What can be drawn now in these bands, coarse tiles first; asks for what is lacking. `who`: a view asks for one place. */
  seen(who: object, bands: readonly Band[], view: View, canvas: Size, ratio: number): Drawn[] {
    const step = stepFor(view.zoom * ratio);
    const out: Drawn[] = [];
    for (const level of [8 * step, 4 * step, 2 * step, step])
      for (const tile of tilesSeen(view, canvas, this.size, level)) {
        const key = this.keyOf(tile, bands);
        const pixels = this.tiles.get(key);
        if (!pixels) continue;
        this.tiles.delete(key);
        this.tiles.set(key, pixels); // the last used is the last to go
        out.push({ tile, pixels, key });
      }
    const due = [4 * step, step].flatMap((level) => tilesSeen(view, canvas, this.size, level));
    const lacking = due.map((tile) => ({ tile, bands, key: this.keyOf(tile, bands) }));
    this.want(
      who,
      lacking.filter((one) => !this.tiles.has(one.key)),
    );
    return out;
  }

  /** A view is there no more, or asks for something else. */
  want(who: object, wanted: Wanted[]): void {
    if (wanted.length) this.wanted.set(who, wanted);
    else this.wanted.delete(who);
    const due = new Set([...this.wanted.values()].flat().map((one) => one.key));
    for (const [key, stop] of this.asked) if (!due.has(key)) stop.abort(); // it has gone out of sight
    this.pump();
  }

  private pump(): void {
    while (this.asked.size < AT_ONCE) {
      const waits = (one: Wanted): boolean => !this.asked.has(one.key) && !this.tiles.has(one.key);
      const next = [...this.wanted.values()].flat().find(waits);
      if (!next) return;
      const { tile, bands, key } = next;
      const stop = new AbortController();
      this.asked.set(key, stop);
      this.fetch(tile, bands, stop.signal)
        .then((pixels) => {
          this.tiles.set(key, pixels);
          while (this.tiles.size > MOST_TILES) this.tiles.delete(this.tiles.keys().next().value as string);
          this.arrived += 1;
        })
        .catch((error: unknown) => {
          if (isAbort(error) || this.flight.signal.aborted) return;
          this.drop(key); // asked again with the next move
          this.problem = asProblem(error);
        })
        .finally(() => {
          if (this.asked.get(key) === stop) this.asked.delete(key);
          if (!this.flight.signal.aborted) this.pump();
        });
    }
  }

  /** Of one scene among others: they are drawn by the same card. */
  private keyOf(tile: SceneTile, bands: readonly Band[]): string {
    return `${this.scene} ${tile.key} ${bands.map((band) => band.name).join()}`;
  }

  private drop(key: string): void {
    for (const [who, all] of this.wanted)
      this.wanted.set(
        who,
        all.filter((one) => one.key !== key),
      );
  }

  async fetch(tile: SceneTile, bands: readonly Band[], signal: AbortSignal): Promise<ChipPixels> {
    const { x, y, width, height } = tile.window;
    const way = `/scenes/${encodeURIComponent(this.scene)}`;
    const query = { window: [x, y, width, height].join(), size: [tile.size.width, tile.size.height].join() };
    const named = { ...query, bands: bands.map((band) => band.name).join() };
    const [values, valid] = await Promise.all([
      bytes(`${way}/pixels`, named, { signal }),
      bytes(`${way}/valid`, query, { signal }),
    ]);
    return new ChipPixels(parseNpy(values), bands, parseNpy(valid).data as Uint8Array);
  }
}
