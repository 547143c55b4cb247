/** The classes of a task, each with its cascade in a scene: one class after another. Pure. */
import { isRest } from '../label/names';
import type { SchemeClass } from '../lib/types';
import type { CascadeRow } from './told';
import { meant, stageOf } from './words';

export interface Chosen {
  code: number;
  name: string;
  title: string;
  color: string;
  row: CascadeRow | null;
  /** `level 2 of 3`, `done`, `not begun`. */
  says: string;
}

export function choicesOf(
  classes: readonly SchemeClass[],
  rows: readonly CascadeRow[],
  task: string | null,
  scene: string | null,
): Chosen[] {
  return classes
    .filter((one) => !one.not_applicable)
    .map(({ code, name, title, color }) => {
      const row = meant(rows, { id: null, class: name, scene, task });
      return { code, name, title, color, row, says: row ? stageOf(row) : 'not begun' };
    });
}

/** The class to go on with: an open one, else one that nobody looked for (not what is left over, as `non-water`). */
export function following(all: readonly Chosen[], code: number | null): Chosen | null {
  const at = all.findIndex((one) => one.code === code);
  const others = [...all.slice(at + 1), ...all.slice(0, Math.max(0, at))].filter((one) => one.code !== code);
  const open = others.find((one) => one.row && !one.row.done);
  return open ?? others.find((one) => !one.row && !isRest(one.name)) ?? null;
}
