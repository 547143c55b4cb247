/** How the outbox meets the browser: requests, one tab at a time, words between tabs. */
import { ProblemError, request } from '../lib/api';
import { sentenceOf } from '../lib/problem';
import { session } from '../lib/session.svelte';
import type { AnnotationIn, AnnotationResults, Problem } from '../lib/types';
import type { Act } from './acts';
import type { Verdict, Wait, Word } from './outbox';

const PATIENCE = 60_000;
/** The session has ended meanwhile: who signs in next may be somebody else. */
let doubtful = false;

export function send(events: AnnotationIn[], signal: AbortSignal): Promise<Verdict> {
  return deliver('/annotations', events, signal);
}

/** Post a list of things that are answered one by one. */
export async function deliver(path: string, things: readonly unknown[], signal: AbortSignal): Promise<Verdict> {
  if (doubtful) {
    const before = session.actor;
    const again = await session.reload().catch(() => null);
    if (!again) return { wait: 'signed-out' };
    doubtful = false;
    if (again.actor !== before) return { wait: 'busy' };
  }
  const init: RequestInit = {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(things),
    signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
  };
  try {
    const response = await request(path, {}, init, [422]);
    const told = (await response.json()) as AnnotationResults | Problem;
    return 'results' in told ? { results: told.results } : { refused: sentenceOf(told) };
  } catch (error) {
    if (signal.aborted) throw error;
    return error instanceof ProblemError ? await judged(error.problem) : { wait: 'offline' };
  }
}

async function judged(problem: Problem): Promise<Verdict> {
  if (problem.status === 403) await session.reload().catch(() => undefined); // another token, or a name to give again
  doubtful ||= problem.status === 401;
  const wait = waitOf(problem.status);
  return wait ? { wait } : { refused: sentenceOf(problem) };
}

function waitOf(status: number): Wait | null {
  if (status === 401) return 'signed-out';
  if (status === 0 || status === 502 || status === 504) return 'offline';
  if (status === 503 || status === 507) return 'full';
  return [400, 409, 413, 422].includes(status) ? null : 'busy';
}

/** Runs while no other tab does; where the browser has no locks (plain http to another machine) every tab sends. */
export async function alone(name: string, run: () => Promise<void>, signal: AbortSignal): Promise<void> {
  const locks = (navigator as { locks?: LockManager }).locks;
  if (locks) await locks.request(name, { signal }, run);
  else await run();
}

/** Words to and from the other tabs of this workspace. */
export function channel<A = Act>(name: string, heard: (word: Word<A>) => void): (word: Word<A>) => void {
  if (typeof BroadcastChannel === 'undefined') return () => undefined;
  const line = new BroadcastChannel(name);
  line.onmessage = ({ data }: MessageEvent<Word<A>>) => heard(data);
  return (word) => line.postMessage(word);
}
