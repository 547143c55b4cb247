/** How far a job is, from its steps. */
import type { Job, JobStep } from '../lib/types';
import { count, duration } from '../lib/format';

/** The step that goes on: the last one. */
export function stepOf(job: Job): JobStep | null {
  return job.steps.at(-1) ?? null;
}

/** 0 to 1 of the step that goes on; null where its length is not known. */
export function shareOf(job: Job): number | null {
  const step = stepOf(job);
  return step?.total ? Math.min(1, step.done / step.total) : null;
}

/** '120 of 224 chips, 35 a second, 3 s to go'. */
export function wordsOf(step: JobStep): string {
  const all = step.total === null ? count(step.done) : `${count(step.done)} of ${count(step.total)}`;
  const parts = [`${all} ${step.unit}`.trim()];
  if (step.rate > 0) parts.push(step.rate >= 10 ? `${count(Math.round(step.rate))} a second` : rare(step.rate));
  if (step.to_go !== null && step.total !== step.done) parts.push(`${duration(step.to_go)} to go`);
  return parts.join(' · ');
}

function rare(rate: number): string {
  return rate >= 1 ? `${rate.toFixed(1)} a second` : `${(60 * rate).toFixed(1)} a minute`;
}
