/** A job that a dialog starts: whether it is being asked for, and what is wrong with what was asked. */
import { tick } from 'svelte';
import { asProblem } from './api';
import { jobs } from './jobs.svelte';
import { fieldOf, sentenceOf } from './problem';
import type { Problem, Verb } from './types';

export class Starting {
  busy = $state(false);
  problem = $state.raw<Problem | null>(null);
  /** The field that the problem speaks of. */
  readonly field = $derived.by(() => (this.problem ? fieldOf(this.problem, this.given()) : null));

  /** `given`: what is written in the fields, by their names; `done`: it has been started. */
  constructor(
    private readonly verb: Verb,
    private readonly given: () => Record<string, string>,
    private readonly done: () => void,
  ) {}

  /** What is wrong with a field. */
  wrong(name: string): string | null {
    return this.problem && this.field === name ? sentenceOf(this.problem) : null;
  }

  async start(options: Record<string, unknown>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.problem = null;
    try {
      if (await jobs.start(this.verb, options)) this.done();
    } catch (error) {
      this.problem = asProblem(error);
      await tick();
      const alert = document.querySelector('dialog[open] [role=alert]');
      alert?.scrollIntoView({ block: 'nearest' });
      alert?.closest('.field')?.querySelector('input')?.focus();
    } finally {
      this.busy = false;
    }
  }
}
