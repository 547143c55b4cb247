/** Whether list and ranking follow every answer by themselves; kept in the browser. */
import { recall, remember } from '../lib/stored';

class Following {
  private now = $state(recall('rerank') !== 'no');
  private readonly watchers = new Set<(on: boolean) => void>();

  get on(): boolean {
    return this.now;
  }

  set on(on: boolean) {
    this.now = on;
    remember('rerank', on ? 'yes' : 'no');
    for (const tell of this.watchers) tell(on);
  }

  /** Told when it is switched. Returns what ends it. */
  watch(tell: (on: boolean) => void): () => void {
    this.watchers.add(tell);
    return () => this.watchers.delete(tell);
  }
}

export const following = new Following();
