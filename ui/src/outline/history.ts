/** What a person said of outlines on a scene, read back from the journal: what can be taken back, and brought back. */
import { get } from '../lib/api';
import type { Annotation, Annotations } from '../lib/types';
import type { Shape } from './shape';

export interface Change {
  before: Shape | null;
  after: Shape | null;
}

export interface Step {
  /** The event, or the bulk act, that an undo takes back. */
  id: string;
  /** What it did; null where only the server knows. */
  changes: readonly Change[] | null;
  /** The undo that took it back. */
  by?: string;
}

export interface Steps {
  undo: readonly Step[];
  redo: readonly Step[];
}

/** Events that are looked through at a time for what can be taken back. */
const WINDOW = 2_000;
/** Grid places that ids of chips end with: scene, level, row, column. */
const CHIP = /^(.*)_(\d+)_(\d+)_(\d+)$/;

export function placeOf(chip: string): { scene: string; level: number; row: number; col: number } | null {
  const found = CHIP.exec(chip);
  return found && { scene: found[1]!, level: Number(found[2]), row: Number(found[3]), col: Number(found[4]) };
}

/** From events with `active`, oldest first. Newest first; what was taken back before the latest edit is gone. */
export function stepsOf(events: readonly Annotation[], task: string, scene: string): Steps {
  const edits = new Map<string, { seq: number; active: boolean }>();
  for (const one of events) {
    if (one.kind !== 'shapes' || one.task !== task || placeOf(one.chip_id ?? '')?.scene !== scene) continue;
    edits.set(one.bulk ?? one.id, { seq: one.seq, active: one.active !== false });
  }
  const undo = [...edits]
    .filter(([, one]) => one.active)
    .sort(([, a], [, b]) => b.seq - a.seq)
    .map(([id]): Step => ({ id, changes: null }));
  const latest = Math.max(-1, ...[...edits.values()].filter((one) => one.active).map((one) => one.seq));
  const taken = events.filter(
    (one) => one.kind === 'undo' && one.active !== false && edits.get(one.undoes ?? '')?.active === false,
  );
  const redo = taken
    .filter((one) => one.seq > latest)
    .map((one): Step => ({ id: one.undoes!, changes: null, by: one.id }))
    .reverse();
  return { undo, redo };
}

/**
 * Steps of somebody on a scene, from events before `since` (null: from the end of the journal on). `far`: as far back as there is
 * one that can be taken back. Answers where it ended; 0 is the beginning.
 */
export async function recallSteps(
  { actor, task, scene, signal }: { actor: string; task: string; scene: string; signal: AbortSignal },
  since: number | null,
  far: boolean,
): Promise<{ since: number; steps: Steps }> {
  let found: Annotation[] = [];
  let to = since ?? (await get<Annotations>('/annotations', { limit: 1 })).head;
  let steps: Steps;
  do {
    const from = Math.max(0, to - WINDOW);
    const query = { actor, since: from, limit: WINDOW, active: true };
    const { events } = await get<Annotations>('/annotations', query, { signal });
    found = [...events.filter((one) => one.seq <= to), ...found];
    to = from;
    steps = stepsOf(found, task, scene);
  } while (far && to > 0 && steps.undo.length === 0);
  return { since: to, steps };
}
