/** Long work on the server: told by events, started and stopped from here. */
import { asProblem, del, get, post } from './api';
import { live } from './live.svelte';
import { sentenceOf } from './problem';
import { session } from './session.svelte';
import { recall, remember } from './stored';
import { toast } from './toast.svelte';
import type { Job, Jobs, Verb } from './types';
import { workspace } from './workspace.svelte';

const GOING = ['queued', 'running', 'stopping'];

export function isGoing(job: Job): boolean {
  return GOING.includes(job.state);
}

class JobsStore {
  list = $state.raw<Job[]>([]);
  /** Whether the drawer is open (shell/JobsDrawer). */
  open = $state(false);
  loaded = $state(false);
  /** Jobs whose failure was seen. */
  private seen = $state.raw<readonly string[]>(recall('failures seen')?.split(' ') ?? []);

  get going(): Job[] {
    return this.list.filter(isGoing);
  }

  /** Whether a job of this verb goes on, or waits. */
  busy(verb: Verb): boolean {
    return this.going.some((job) => job.verb === verb);
  }

  /** The last job of a verb, where it failed and nobody has seen that yet. */
  failed(verb: Verb): Job | null {
    const last = this.list.find((job) => job.verb === verb);
    return last?.state === 'failed' && !this.seen.includes(last.id) ? last : null;
  }

  dismiss(job: Job): void {
    this.seen = [...this.seen, job.id].slice(-50);
    remember('failures seen', this.seen.join(' '));
  }

  /** The first job of a verb that goes on, or waits. */
  current(verb: Verb): Job | null {
    return this.going.find((job) => job.verb === verb) ?? null;
  }

  /** Follow the jobs from now on; call it once. */
  async follow(): Promise<void> {
    live.on<Job>('job', (job) => this.take(job));
    live.onReconnect(() => void this.load());
    await this.load();
  }

  async load(): Promise<void> {
    this.list = (await get<Jobs>('/jobs')).jobs;
    this.loaded = true;
  }

  /** Begin a job; asks for a name first where there is none. Null: the person did not give one. */
  async start(verb: Verb, options: Record<string, unknown>): Promise<Job | null> {
    if (!(await session.ensureName())) return null;
    const job = await post<Job>('/jobs', { verb, options });
    this.take(job);
    this.open = true;
    return job;
  }

  async stop(job: Job): Promise<void> {
    this.take(await del<Job>(`/jobs/${encodeURIComponent(job.id)}`));
  }

  async resume(job: Job): Promise<void> {
    this.take(await post<Job>(`/jobs/${encodeURIComponent(job.id)}/resume`));
  }

  /** Stop or resume, and say so where it does not work. */
  async attempt(what: () => Promise<unknown>): Promise<void> {
    try {
      await what();
    } catch (error) {
      toast(sentenceOf(asProblem(error)), { kind: 'danger' });
    }
  }

  private take(job: Job): void {
    const before = this.list.find((one) => one.id === job.id);
    this.list = before
      ? this.list.map((one) => (one.id === job.id ? job : one))
      : [job, ...this.list].sort((a, b) => b.created.localeCompare(a.created));
    if (before && isGoing(before) && !isGoing(job)) this.ended(job);
  }

  private ended(job: Job): void {
    void workspace.refresh().catch(() => undefined);
    if (this.open) return; // it is told there
    const action = { title: 'Open job', run: () => (this.open = true) };
    if (job.state === 'failed') {
      const why = job.problem ? `: ${sentenceOf(job.problem)}` : '';
      toast(`${titleOf(job)} failed${why}`, { kind: 'danger', action });
    } else if (job.state === 'done') toast(`${titleOf(job)}: done`, { kind: 'ok', action });
  }
}

const VERBS: Record<Verb, string> = {
  ingest: 'Ingest',
  segment: 'Segment',
  release: 'Release',
  check: 'Check',
  encode: 'Encode',
  predict: 'Predict',
  cascade: 'Cascade',
  attach: 'Attach',
};

/** 'Release v2', 'Segment pixels'. */
export function titleOf(job: Job): string {
  const options = job.options as {
    name?: string;
    release?: string;
    task?: string;
    encoder?: string;
    cascade?: string;
    file?: string;
    source?: string | string[];
  };
  const source = Array.isArray(options.source) ? options.source[0] : options.source;
  const encoder = job.verb === 'encode' ? options.encoder?.split('/').at(-1) : undefined;
  const about =
    options.cascade ??
    options.name ??
    options.release ??
    options.file?.split('/').at(-1) ??
    options.task ??
    encoder ??
    source?.split('/').filter(Boolean).at(-1);
  return about ? `${VERBS[job.verb]} ${about}` : VERBS[job.verb];
}

export const jobs = new JobsStore();
