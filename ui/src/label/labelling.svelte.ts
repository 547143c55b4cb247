/** What is being labelled: the task and the class that keys, histogram and ranking speak of. */
import { recall, remember } from '../lib/stored';
import type { SchemeClass } from '../lib/types';
import { workspace } from '../lib/workspace.svelte';

class Labelling {
  private chosen = $state<Record<string, number>>({});

  /** Code of the class in hand; null where the task has none. */
  get code(): number | null {
    const task = workspace.task;
    if (task === null) return null;
    const known = workspace.classes;
    const there = (code: number): boolean => known.some((one) => one.code === code);
    const now = this.chosen[task] ?? Number(recall(`class ${workspace.info?.name ?? ''} ${task}`) ?? Number.NaN);
    return there(now) ? now : (known.find((one) => !one.not_applicable)?.code ?? null);
  }

  set code(code: number | null) {
    const task = workspace.task;
    if (task === null || code === null) return;
    this.chosen = { ...this.chosen, [task]: code };
    remember(`class ${workspace.info?.name ?? ''} ${task}`, String(code));
  }

  get class(): SchemeClass | null {
    return this.code === null ? null : (workspace.classOf(this.code) ?? null);
  }
}

export const labelling = new Labelling();
