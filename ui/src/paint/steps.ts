/** The strokes of a layer that can be taken back and forth. What was drawn in this page is known whole, the rest by name. */
import type { LabelObject, Patch } from './contract';

export interface Step {
  /** The stroke's event. */
  id: string;
  tool: string;
  /** Lay `after` to do it, `before` to take it back; null where it was drawn before this page was opened. */
  change: {
    before: Patch;
    after: Patch;
    objects: [before: readonly LabelObject[], after: readonly LabelObject[]];
  } | null;
  /** The undo that took it back, where it stands among those to redo. */
  by?: string;
}

/** Both newest first. */
export interface Steps {
  undo: readonly Step[];
  redo: readonly Step[];
}

export const NO_STEPS: Steps = { undo: [], redo: [] };

export function drawn(steps: Steps, step: Step): Steps {
  return { undo: [step, ...steps.undo], redo: [] };
}

/** After the newest stroke was taken back by the event `by`. */
export function back(steps: Steps, by: string): Steps {
  const [step, ...undo] = steps.undo;
  return step ? { undo, redo: [{ ...step, by }, ...steps.redo] } : steps;
}

export function forth(steps: Steps): Steps {
  const [step, ...redo] = steps.redo;
  return step ? { undo: [{ ...step, by: undefined }, ...steps.undo], redo } : steps;
}

/** The tool is null where a whole mask was put. */
interface Row {
  id: string;
  tool?: string | null;
}

/** What the server tells, with the changes that are known where the order below is the same. */
export function told(
  server: { undo: readonly Row[]; redo: readonly (Row & { by: string })[] },
  known: Steps,
  trusted: boolean,
): Steps {
  const changes = new Map([...known.undo, ...known.redo].map((one) => [one.id, one.change]));
  const step = (one: Row & { by?: string }): Step => ({
    id: one.id,
    tool: one.tool ?? 'load',
    by: one.by,
    change: trusted ? (changes.get(one.id) ?? null) : null,
  });
  return { undo: server.undo.map(step), redo: server.redo.map(step) };
}
