/** What the server has of a chip's labels. */
import { parseNpy } from '../canvas';
import { bytes, get } from '../lib/api';
import type { LayerStrokes } from '../lib/types';
import type { Work } from './acts';
import type { LabelObject, Planes } from './contract';
import { planesOf } from './planes';

export interface Told {
  /** The latest event of the layer. */
  event: string | null;
  /** Newest first. */
  undo: { id: string; tool?: string | null }[];
  redo: { id: string; by: string; tool?: string | null }[];
  strokes: number;
  seconds: number;
  work: Work | null;
}

const way = (chip: string): string => `/chips/${encodeURIComponent(chip)}`;

/** `own`: the caller's layer; `others`: all but it; `label`: all. */
export async function fetchPlanes(
  chip: string,
  query: { task: string; part?: 'own' | 'others' | 'label'; actor?: string },
  signal?: AbortSignal,
): Promise<Planes> {
  const data = await bytes(`${way(chip)}/mask`, { ...query, f: 'npy' }, { signal, cache: 'no-cache' });
  return planesOf(parseNpy(data));
}

/** The layer, its objects and what can be taken back; asked for together. */
export async function fetchOwn(
  chip: string,
  task: string,
  signal?: AbortSignal,
): Promise<{ own: Planes; told: Told; objects: LabelObject[] }> {
  const [own, told, objects] = await Promise.all([
    fetchPlanes(chip, { task, part: 'own' }, signal),
    fetchTold(chip, task, signal),
    get<{ objects: LabelObject[] }>(`${way(chip)}/objects`, { task }, { signal }),
  ]);
  return { own, told, objects: objects.objects };
}

export async function fetchTold(chip: string, task: string, signal?: AbortSignal): Promise<Told> {
  const told = await get<LayerStrokes>(`${way(chip)}/strokes`, { task }, { signal, cache: 'no-cache' });
  const { event, undo, redo, strokes, seconds } = told;
  return { event, undo, redo, strokes, seconds, work: told.work && workOf(told.work) };
}

/** As it was said: what was not said is left out. */
function workOf({ state, difficulty, note, cannot_tell }: NonNullable<LayerStrokes['work']>): Work {
  return {
    state,
    ...(difficulty ? { difficulty } : {}),
    ...(note ? { note } : {}),
    ...(cannot_tell ? { cannot_tell } : {}),
  };
}
