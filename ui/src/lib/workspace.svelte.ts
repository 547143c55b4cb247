/** The workspace that the page shows, and the task that its labels are looked at for. */
import { get } from './api';
import { recall, remember } from './stored';
import type { SchemeClass, Task, WorkspaceInfo } from './types';

class WorkspaceStore {
  info = $state.raw<WorkspaceInfo | null>(null);
  /** It has arrived: for what is begun once, and not anew whenever something changes in it. */
  readonly known = $derived(this.info !== null);
  private chosen = $state<string | null>(null);
  private codes = $derived(new Map(this.classes.map((one) => [one.code, one])));

  /** Name of the current task: the one chosen, else the one with most labels. */
  get task(): string | null {
    const tasks = this.info?.tasks ?? [];
    if (tasks.some((one) => one.name === this.chosen)) return this.chosen;
    const most = [...tasks].sort((a, b) => b.labelled - a.labelled)[0];
    return (most?.labelled ? most.name : null) ?? this.info?.default_task ?? tasks[0]?.name ?? null;
  }

  set task(name: string | null) {
    this.chosen = name;
    if (name && this.info) remember(`task ${this.info.name}`, name);
  }

  get taskInfo(): Task | null {
    return this.info?.tasks.find((one) => one.name === this.task) ?? null;
  }

  /** Classes of the current task. */
  get classes(): SchemeClass[] {
    return this.taskInfo?.classes ?? this.info?.scheme ?? [];
  }

  classOf(code: number): SchemeClass | undefined {
    return this.codes.get(code);
  }

  async refresh(): Promise<WorkspaceInfo> {
    const info = await get<WorkspaceInfo>('/workspace');
    if (!this.info) this.chosen = recall(`task ${info.name}`);
    this.info = info;
    return info;
  }
}

export const workspace = new WorkspaceStore();
