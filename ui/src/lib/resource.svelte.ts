/** Something that is loaded: its value, its failure, and how to load it again. What was there stays while it loads. */
import { asProblem, isAbort } from './api';
import type { Problem } from './types';

export class Resource<T> {
  value = $state.raw<T | null>(null);
  problem = $state.raw<Problem | null>(null);
  loading = $state(false);
  private stopper: AbortController | null = null;

  /** The last call wins: one that still goes on is given up. */
  async load(how: (signal: AbortSignal) => Promise<T>): Promise<void> {
    this.stopper?.abort();
    const stopper = (this.stopper = new AbortController());
    this.loading = true;
    try {
      const value = await how(stopper.signal);
      if (stopper.signal.aborted) return;
      this.value = value;
      this.problem = null;
    } catch (error) {
      if (stopper.signal.aborted || isAbort(error)) return;
      this.problem = asProblem(error);
    } finally {
      if (this.stopper === stopper) this.loading = false;
    }
  }

  stop(): void {
    this.stopper?.abort();
  }
}
