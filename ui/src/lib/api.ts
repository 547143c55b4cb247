/** The server's API. Every address is relative to the page, so that it works under any sub-path. */
import { connection } from './connection.svelte';
import type { Problem } from './types';

export type Scalar = string | number | boolean | null | undefined;
export type Query = Record<string, Scalar | readonly Scalar[]>;

/** What the server refused, as problem details. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail ?? problem.title);
    this.name = 'ProblemError';
    this.problem = problem;
  }
}

let bearer: string | null = null;
let csrf: Promise<string> | null = null;
let askSession: () => Promise<string> = () => Promise.resolve('');

/** Who gives the CSRF token; the session does (lib/session). */
export function useCsrf(source: () => Promise<string>): void {
  askSession = source;
  csrf = null;
}

/** Forget the CSRF token, so that the next write asks for a new one. */
export function forgetCsrf(): void {
  csrf = null;
}

/** Asked for once; again where nobody answered. */
async function csrfToken(): Promise<string> {
  const asking = (csrf ??= askSession());
  try {
    return await asking;
  } catch (error) {
    if (csrf === asking) forgetCsrf();
    throw error;
  }
}

/** The token that the page was opened with as `#token=`, if it was. */
export function setBearer(token: string | null): void {
  bearer = token;
}

/** Headers that let a request in where there is no cookie (a notebook's frame); for MapLibre's transformRequest too. */
export function authHeaders(): Record<string, string> {
  return bearer ? { Authorization: `Bearer ${bearer}` } : {};
}

/** Whether requests need a header: an `<img src>` then cannot load by itself (kit/Picture does). */
export function needsHeaders(): boolean {
  return bearer !== null;
}

/** `url('/chips', {limit: 10})` is `./api/chips?limit=10`. Lists repeat the name; null, undefined and '' are left out. */
export function url(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value as Scalar]) {
      if (one !== null && one !== undefined && one !== '') parameters.append(name, String(one));
    }
  }
  const text = parameters.toString();
  return `./api${path.startsWith('/') ? path : `/${path}`}${text ? `?${text}` : ''}`;
}

/** The same, absolute: for workers and map styles, which have another base. */
export function absoluteUrl(path: string, query: Query = {}): string {
  return new URL(url(path, query), document.baseURI).href;
}

/** An error as problem details, whatever it is; for kit/Failed. */
export function asProblem(error: unknown): Problem {
  if (error instanceof ProblemError) return error.problem;
  const detail = error instanceof Error ? error.message : String(error);
  return { type: 'about:blank', title: 'Something went wrong in the page', status: 0, detail };
}

/** Whether a call was given up on purpose (its AbortSignal). */
export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    const told: unknown = await response.json();
    if (told && typeof told === 'object' && 'title' in told) return told as Problem;
  } catch {
    /* not JSON: a proxy's page */
  }
  const title = response.statusText || `The server answered ${response.status}`;
  return { type: 'about:blank', title, status: response.status };
}

/**
 * One request; throws ProblemError for a refusal and where the server cannot be reached. Statuses in `expected` are
 * answers like any other.
 */
export async function request(
  path: string,
  query: Query = {},
  init: RequestInit = {},
  expected: readonly number[] = [],
): Promise<Response> {
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries(authHeaders())) headers.set(name, value);
  const writes = init.method !== undefined && !['GET', 'HEAD'].includes(init.method);
  if (writes && !headers.has('X-CSRF-Token') && path !== '/session') {
    headers.set('X-CSRF-Token', await csrfToken());
  }
  const asked = connection.admissions;
  let response: Response;
  try {
    response = await fetch(url(path, query), { credentials: 'same-origin', ...init, headers });
  } catch (error) {
    if (isAbort(error)) throw error;
    connection.lost();
    throw new ProblemError({
      type: 'about:blank',
      title: 'The server cannot be reached',
      status: 0,
      detail: 'The request got no answer.',
      hint: 'Is `groundset serve` still running? The page connects again by itself.',
    });
  }
  connection.found();
  if (response.ok) connection.admitted();
  if (response.ok || expected.includes(response.status)) return response;
  if (response.status === 401) connection.refused(asked);
  if (response.status === 403) forgetCsrf();
  throw new ProblemError(await problemOf(response));
}

async function json<T>(response: Promise<Response>): Promise<T> {
  const answered = await response;
  return (answered.status === 204 ? undefined : await answered.json()) as T;
}

function withBody(method: string, body: unknown, init: RequestInit): RequestInit {
  if (body === undefined || body instanceof Blob || body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
    return { ...init, method, body: body as BodyInit | undefined };
  }
  const headers = new Headers(init.headers);
  headers.set('Content-Type', 'application/json');
  return { ...init, method, headers, body: JSON.stringify(body) };
}

export function get<T>(path: string, query: Query = {}, init: RequestInit = {}): Promise<T> {
  return json<T>(request(path, query, init));
}

export function post<T>(path: string, body?: unknown, query: Query = {}, init: RequestInit = {}): Promise<T> {
  return json<T>(request(path, query, withBody('POST', body, init)));
}

export function put<T>(path: string, body?: unknown, query: Query = {}, init: RequestInit = {}): Promise<T> {
  return json<T>(request(path, query, withBody('PUT', body, init)));
}

export function patch<T>(path: string, body?: unknown, query: Query = {}, init: RequestInit = {}): Promise<T> {
  return json<T>(request(path, query, withBody('PATCH', body, init)));
}

export function del<T = void>(path: string, query: Query = {}, init: RequestInit = {}): Promise<T> {
  return json<T>(request(path, query, { ...init, method: 'DELETE' }));
}

export async function bytes(path: string, query: Query = {}, init: RequestInit = {}): Promise<ArrayBuffer> {
  return (await request(path, query, init)).arrayBuffer();
}
