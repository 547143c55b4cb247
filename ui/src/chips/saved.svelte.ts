/** Queries kept by name for everybody, up to date while the page is open. */
import { asProblem, del, get, post, put } from '../lib/api';
import { EVERY } from '../lib/levels';
import { live } from '../lib/live.svelte';
import { session } from '../lib/session.svelte';
import { toast } from '../lib/toast.svelte';
import type { Problem, SavedQuery } from '../lib/types';
import type { QueryChange } from '../lib/router.svelte';

/** What is kept of a list. */
export type Kept = Pick<SavedQuery, 'filter' | 'like' | 'sort' | 'task' | 'method' | 'encoder'>;

export class SavedQueries {
  all = $state.raw<SavedQuery[]>([]);
  problem = $state.raw<Problem | null>(null);
  private readonly off = live.on<{ what: string }>('workspace', ({ what }) => {
    if (what === 'queries') void this.load();
  });

  close(): void {
    this.off();
  }

  async load(): Promise<void> {
    try {
      this.all = await get<SavedQuery[]>('/queries');
      this.problem = null;
    } catch (error) {
      this.problem = asProblem(error);
    }
  }

  /** Keep a query; false where it could not be kept, and `problem` says why. */
  async save(name: string, kept: Kept, replace: boolean): Promise<boolean> {
    if (!(await session.ensureName())) return false;
    try {
      await put(address(name), kept, { replace });
    } catch (error) {
      this.problem = asProblem(error);
      return false;
    }
    await this.load();
    toast(`Saved “${name}” for everybody.`, {
      kind: 'ok',
      action: { title: 'Undo', run: () => void this.undo(name) },
    });
    return true;
  }

  async remove(name: string): Promise<void> {
    if (!(await session.ensureName())) return;
    try {
      await del(address(name));
      await this.load();
      toast(`Removed “${name}”.`, { action: { title: 'Undo', run: () => void this.undo(name) } });
    } catch (error) {
      this.problem = asProblem(error);
    }
  }

  private async undo(name: string): Promise<void> {
    try {
      await post(`${address(name)}/undo`);
      await this.load();
    } catch (error) {
      toast(asProblem(error).title, { kind: 'danger' });
    }
  }
}

function address(name: string): string {
  return `/queries/${encodeURIComponent(name)}`;
}

/** Address of the wall that shows a saved query. */
export function wallOf(saved: SavedQuery): QueryChange {
  const like = saved.like?.join(' ') || null;
  const sort = saved.sort ?? (like ? 'similar' : null);
  const { filter, task, method, encoder } = saved;
  return {
    filter: filter || null,
    level: EVERY,
    like,
    sort,
    task: task ?? null,
    method,
    encoder,
    suggest: null,
    at: null,
  };
}

/** What a saved query asks, in one line. */
export function saysOf(saved: SavedQuery): string {
  const like = saved.like?.length ?? 0;
  const parts = [saved.filter, like ? `like ${like === 1 ? saved.like![0] : `${like} examples`}` : ''];
  const text = parts.filter(Boolean).join(', ');
  return text || `all chips, ${saved.sort ?? 'by id'}`;
}
