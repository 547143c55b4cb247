/** The task that an editor is about. */
import { route } from '../lib/router.svelte';
import type { Task } from '../lib/types';
import { workspace } from '../lib/workspace.svelte';

export function tasksOf(kind: Task['kind']): Task[] {
  return (workspace.info?.tasks ?? []).filter((one) => one.kind === kind);
}

/** The one of the address, else the one that is open, else the one of the other pages, else the first. */
export function taskAmong(tasks: readonly Task[], open: string): string | null {
  const known = [route.query.get('task'), open, workspace.task].find((name) => tasks.some((one) => one.name === name));
  return known ?? tasks[0]?.name ?? null;
}
