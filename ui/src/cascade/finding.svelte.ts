/** The cascades of the workspace, and which of them the address means. */
import { get } from '../lib/api';
import { Resource } from '../lib/resource.svelte';
import { type QueryChange, route, setQuery } from '../lib/router.svelte';
import { workspace } from '../lib/workspace.svelte';
import type { Task } from '../lib/types';
import type { CascadeRow, CascadeRows } from './told';
import { meant } from './words';

export class Finding {
  readonly all = new Resource<CascadeRow[]>();
  private last = route.query;
  /** This page's part of the address: it stays as it was while the address is already another page's. */
  readonly address = $derived.by(() => {
    if (route.page === 'cascade') this.last = route.query;
    return this.last;
  });
  /** Tasks in which whole chips are answered. */
  readonly tasks: readonly Task[] = $derived((workspace.info?.tasks ?? []).filter((one) => one.kind === 'classify'));
  readonly row: CascadeRow | null = $derived.by(() => {
    const { address } = this;
    const asked = {
      id: address.get('id'),
      class: address.get('class'),
      scene: address.get('scene'),
      task: address.get('task'),
    };
    return meant(this.all.value ?? [], asked);
  });

  load(): Promise<void> {
    return this.all.load(async (signal) => (await get<CascadeRows>('/cascades', {}, { signal })).cascades);
  }

  /** What was told of a cascade: the list is read again where it says something else of how far that is. */
  follow(told: Pick<CascadeRow, 'id' | 'level' | 'done'>): void {
    const row = this.all.value?.find((one) => one.id === told.id);
    if (row && (row.level !== told.level || row.done !== told.done)) void this.load();
  }

  /** The address of a cascade. */
  show(row: Pick<CascadeRow, 'id' | 'task' | 'class' | 'scenes'>, more: QueryChange = {}): void {
    setQuery({ id: row.id, task: row.task, class: row.class, scene: row.scenes[0] ?? null, level: null, ...more });
  }
}
