/** What can be taken back and brought back: the server's history, and on top of it what it does not know of yet. */
import type { Act as Step, History } from '../lib/types';
import type { Act } from './acts';

export interface Steps {
  undo: Step[];
  redo: Step[];
}

export interface Local {
  act: Act;
  /** Null while the server does not have it. */
  seq: number | null;
}

export const NO_HISTORY: History = { head: -1, undo: [], redo: [], undo_count: 0, redo_count: 0 };

/** The stacks after the acts that the history does not have yet, the next step first. */
export function steps(history: History, local: readonly Local[]): Steps {
  const undo = [...history.undo];
  const redo = [...history.redo];
  for (const { act, seq } of local) {
    if (seq !== null && seq <= history.head) continue;
    if (act.kind !== 'undo') {
      undo.unshift(stepOf(act));
      redo.length = 0;
    } else if (!moved(undo, redo, act)) moved(redo, undo, act);
  }
  return { undo, redo };
}

/** An undo takes its target from one stack and puts what brings it back on the other. */
function moved(from: Step[], to: Step[], act: Act): boolean {
  const at = from.findIndex((one) => one.id === act.undoes);
  const [step] = at < 0 ? [] : from.splice(at, 1);
  if (!step) return false;
  to.unshift({ ...step, id: act.id });
  return true;
}

function stepOf({ id, kind, task, chips, says }: Act): Step {
  const chip_id = chips.length === 1 ? chips[0]! : null;
  return { id, kind, task, chips: chips.length, chip_id, at: '', says };
}
