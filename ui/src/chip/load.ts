/** What a chip page needs from the server, kept for the last few chips so that going back and forth is at once. */
import { ChipPixels, MaskPixels, parseNpy, type Around } from '../canvas';
import { concerns } from '../label/asof';
import { bytes, get } from '../lib/api';
import { live } from '../lib/live.svelte';
import type { Annotations, ChipDetail } from '../lib/types';

const KEPT = 8;

/** Keeps the last few promises by key; a failed one is forgotten, so that it can be tried again. */
export class Recent<T> {
  private readonly kept = new Map<string, Promise<T>>();

  constructor(private readonly size = KEPT) {}

  get(key: string, make: () => Promise<T>): Promise<T> {
    const found = this.kept.get(key);
    const promise = found ?? make();
    this.kept.delete(key);
    this.kept.set(key, promise);
    if (!found) promise.catch(() => this.forget(key, promise));
    while (this.kept.size > this.size) this.kept.delete(this.kept.keys().next().value as string);
    return promise;
  }

  /** Forgets those of which the keys are so; all where nothing is said. */
  forgetWhere(so: (key: string) => boolean = () => true): void {
    for (const key of [...this.kept.keys()]) if (so(key)) this.kept.delete(key);
  }

  forget(key: string, only?: Promise<T>): void {
    if (!only || this.kept.get(key) === only) this.kept.delete(key);
  }
}

const details = new Recent<ChipDetail>();
const pixels = new Recent<ChipPixels>();
const arounds = new Recent<Around>(4);
/** Bytes that the pixels of a chip and around it may take. */
const AROUND_BYTES = 24_000_000;
const BYTES: Record<string, number> = { uint8: 1, int8: 1, uint16: 2, int16: 2 };

// What is told of a chip holds its labels: news of them makes it old, whatever page is open.
live.on<{ chips: string[] }>('annotations', ({ chips }) => details.forgetWhere((id) => concerns(chips, id)));
live.onReconnect(() => details.forgetWhere());

const way = (id: string) => `/chips/${encodeURIComponent(id)}`;

export function loadDetail(id: string, fresh = false): Promise<ChipDetail> {
  if (fresh) details.forget(id);
  return details.get(id, async () => {
    const detail = await get<ChipDetail>(way(id));
    if (detail.pixels_problem) queueMicrotask(() => details.forget(id)); // the file may be back the next time
    return detail;
  });
}

export function loadPixels(detail: ChipDetail): Promise<ChipPixels> {
  const id = detail.chip.id;
  return pixels.get(id, async () => {
    const [values, valid] = await Promise.all([bytes(`${way(id)}/pixels`), bytes(`${way(id)}/valid`)]);
    const flags = parseNpy(valid);
    if (!(flags.data instanceof Uint8Array)) throw new Error('the validity of the pixels came in an unknown form');
    return new ChipPixels(parseNpy(values), detail.bands, flags.data);
  });
}

/** How many pixels around a chip are brought: as many as it has itself, less where that is much. */
export function marginOf(detail: ChipDetail): number {
  const { width, height } = detail.chip;
  const bytes = detail.bands.reduce((sum, band) => sum + (BYTES[band.dtype] ?? 4), 1);
  let margin = Math.min(256, Math.max(32, width, height));
  while (margin > 8 && (width + 2 * margin) * (height + 2 * margin) * bytes > AROUND_BYTES) margin >>= 1;
  return margin;
}

/** The pixels beyond the chip's edges, as far as the scene goes, with those of the chip in their middle. */
export function loadAround(detail: ChipDetail): Promise<Around> {
  const id = detail.chip.id;
  return arounds.get(id, async () => {
    const margin = marginOf(detail);
    const query = { margin: String(margin) };
    const [values, valid] = await Promise.all([bytes(`${way(id)}/pixels`, query), bytes(`${way(id)}/valid`, query)]);
    const flags = parseNpy(valid);
    return {
      pixels: new ChipPixels(parseNpy(values), detail.bands, flags.data as Uint8Array),
      left: Math.min(margin, Math.max(0, detail.x_off)),
      top: Math.min(margin, Math.max(0, detail.y_off)),
    };
  });
}

/** The current mask of a chip. What the product hides (clouds, nodata) stands in the scene's file: without it, without. */
export async function loadMask(detail: ChipDetail, task: string, signal?: AbortSignal): Promise<MaskPixels> {
  const flags = !detail.pixels_problem;
  const data = await bytes(`${way(detail.chip.id)}/mask`, { task, f: 'npy', flags }, { signal });
  return new MaskPixels(parseNpy(data));
}

export function loadHistory(id: string, signal?: AbortSignal): Promise<Annotations> {
  return get<Annotations>('/annotations', { chip_id: id, active: true }, { signal });
}

/** Makes the next chip ready while this one is looked at. */
export async function prefetch(id: string): Promise<void> {
  const detail = await loadDetail(id);
  if (!detail.pixels_problem) await loadPixels(detail);
}
