/** Forms of long work that any page may open; the shell shows them (shell/Forms). */
import type { Job } from './types';

export type FormName = 'ingest' | 'segment' | 'release' | 'predict' | 'encode' | 'attach';

export interface Asked {
  form: FormName;
  /** Options to begin with: those of a job that failed. */
  options: Readonly<Record<string, unknown>>;
}

class Forms {
  open = $state.raw<Asked | null>(null);

  ask(form: FormName, options: Asked['options'] = {}): void {
    this.open = { form, options };
  }

  /** The form of a job that ended, with what was asked for then. */
  again(job: Job): void {
    if (hasForm(job)) this.ask(job.verb as FormName, job.options);
  }

  close(): void {
    this.open = null;
  }
}

export function hasForm(job: Job): boolean {
  return job.verb !== 'check' && job.verb !== 'cascade';
}

export const forms = new Forms();
