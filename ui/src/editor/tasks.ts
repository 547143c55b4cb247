/** The task that an editor is about. */
import { route } from '../lib/router.svelte';
import type { SeriesInfo, Task } from '../lib/types';
import { workspace } from '../lib/workspace.svelte';

export function tasksOf(kind: Task['kind']): Task[] {
  return (workspace.info?.tasks ?? []).filter((one) => one.kind === kind);
}

/** The one of the address, else the one that is open, else the one of the other pages, else the first. */
export function taskAmong(tasks: readonly Task[], open: string): string | null {
  const known = [route.query.get('task'), open, workspace.task].find((name) => tasks.some((one) => one.name === name));
  return known ?? tasks[0]?.name ?? null;
}

/** The chip that an answer is kept with: in a task about a period or a change that of the first date of its place. */
export function keptAt(chip: string, task: Task | undefined, all: readonly SeriesInfo[]): string {
  const scene = chip.replace(/_\d+_\d+_\d+$/, '');
  const about = task?.about ?? 'date';
  const own = all.find((one) => one.dates.some((date) => date.scene_id === scene));
  if (about === 'date' || !own || (task?.series ?? own.name) !== own.name) return chip;
  return own.dates[0]!.scene_id + chip.slice(scene.length);
}
