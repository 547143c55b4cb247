/** Counters that move with an answer, before the server has counted. */
import type { Act } from './acts';
import { type Rules, type State, exampleOf } from './effect';

/** What an act adds to the counts of classes, by code; of the task that it is about. */
export interface Delta {
  task: string | null;
  positive: ReadonlyMap<number, number>;
  negative: ReadonlyMap<number, number>;
}

export function deltaOf(act: Act, changes: readonly { before: State; now: State }[], rules: Rules): Delta {
  const positive = new Map<number, number>();
  const negative = new Map<number, number>();
  const add = (to: Map<number, number>, codes: readonly number[], by: number): void => {
    for (const code of codes) to.set(code, (to.get(code) ?? 0) + by);
  };
  for (const { before, now } of changes) {
    for (const [state, by] of [
      [before, -1],
      [now, 1],
    ] as const) {
      const example = exampleOf(state, rules);
      add(positive, example.positive, by);
      add(negative, example.negative, by);
    }
  }
  return { task: act.task, positive, negative };
}
