import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { absoluteUrl, authHeaders, del, get, post, ProblemError, request, setBearer, url, useCsrf } from './api';
import { connection } from './connection.svelte';

interface Sent {
  url: string;
  init: RequestInit & { headers: Headers };
}

function answering(response: () => Response | Promise<Response>): Sent[] {
  const sent: Sent[] = [];
  vi.stubGlobal('fetch', (address: string, init: Sent['init']) => {
    sent.push({ url: address, init });
    return Promise.resolve(response());
  });
  return sent;
}

beforeEach(() => useCsrf(() => Promise.resolve('csrf-1')));
afterEach(() => {
  vi.unstubAllGlobals();
  setBearer(null);
  connection.online = true;
  connection.unauthorized = false;
});

describe('url', () => {
  it('is relative to the page', () => {
    expect(url('/chips', { limit: 10 })).toBe('./api/chips?limit=10');
    expect(url('chips')).toBe('./api/chips');
  });

  it.each([
    ['http://127.0.0.1:8000/', 'http://127.0.0.1:8000/api/chips'],
    ['http://127.0.0.1:8000/w/lake/', 'http://127.0.0.1:8000/w/lake/api/chips'],
    ['https://hub.example/user/anna/proxy/8000/', 'https://hub.example/user/anna/proxy/8000/api/chips'],
    ['http://127.0.0.1:8000/w/lake/?embed=1', 'http://127.0.0.1:8000/w/lake/api/chips'],
  ])('under %s', (page, wanted) => {
    expect(new URL(url('/chips'), page).href).toBe(wanted);
  });

  it('leaves out what is not said, and repeats lists', () => {
    expect(url('/quicklooks', { part: ['a', 'b'], rows: ['0-9', '3'], layer: null, task: undefined, x: '' })).toBe(
      './api/quicklooks?part=a&part=b&rows=0-9&rows=3',
    );
    expect(url('/chips', { filter: "label = 'a&b'", active: false, offset: 0 })).toBe(
      './api/chips?filter=label+%3D+%27a%26b%27&active=false&offset=0',
    );
  });

  it('has an absolute form for workers and map styles', () => {
    expect(absoluteUrl('/chips')).toBe(new URL('./api/chips', document.baseURI).href);
  });
});

describe('requests', () => {
  it('reads JSON, sends no CSRF header', async () => {
    const sent = answering(() => Response.json({ total: 3 }));
    expect(await get<{ total: number }>('/chips')).toEqual({ total: 3 });
    expect(sent[0]?.init.headers.has('X-CSRF-Token')).toBe(false);
  });

  it('sends the CSRF token with every write, asked for once', async () => {
    const asked = vi.fn(() => Promise.resolve('csrf-2'));
    useCsrf(asked);
    const sent = answering(() => Response.json({}));
    await post('/jobs', { verb: 'check' });
    await del('/jobs/1');
    expect(asked).toHaveBeenCalledTimes(1);
    expect(sent.map((one) => one.init.headers.get('X-CSRF-Token'))).toEqual(['csrf-2', 'csrf-2']);
    expect(sent[0]?.init.body).toBe('{"verb":"check"}');
    expect(sent[0]?.init.headers.get('Content-Type')).toBe('application/json');
  });

  it('asks for the CSRF token again where nobody answered', async () => {
    const sent = answering(() => Response.json({}));
    let asked = 0;
    useCsrf(() => (asked++ === 0 ? Promise.reject(new Error('the server was killed')) : Promise.resolve('csrf-2')));
    await expect(post('/jobs', {})).rejects.toThrow('killed');
    await post('/jobs', {});
    expect(sent.map((one) => one.init.headers.get('X-CSRF-Token'))).toEqual(['csrf-2']);
  });

  it('takes an expected refusal as an answer', async () => {
    answering(() => Response.json({ results: [] }, { status: 422 }));
    const init = { method: 'POST', body: '[]' };
    expect((await request('/annotations', {}, init, [422])).status).toBe(422);
    await expect(request('/annotations', {}, init)).rejects.toBeInstanceOf(ProblemError);
  });

  it('sends the token of a frame', async () => {
    setBearer('secret');
    const sent = answering(() => Response.json({}));
    await get('/chips');
    expect(sent[0]?.init.headers.get('Authorization')).toBe('Bearer secret');
    expect(authHeaders()).toEqual({ Authorization: 'Bearer secret' });
  });

  it('throws problem details', async () => {
    answering(() => Response.json({ title: 'no such chip', status: 404, asked: 'x' }, { status: 404 }));
    const error = await get('/chips/x').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ProblemError);
    expect((error as ProblemError).problem.asked).toBe('x');
  });

  it("makes a problem of a proxy's page", async () => {
    answering(() => new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
    const error = (await get('/chips').catch((e: unknown) => e)) as ProblemError;
    expect(error.problem).toMatchObject({ title: 'Bad Gateway', status: 502 });
  });

  it('knows when the server is gone, and when it is back', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
    const error = (await get('/chips').catch((e: unknown) => e)) as ProblemError;
    expect(error.problem.status).toBe(0);
    expect(connection.online).toBe(false);
    answering(() => Response.json({}));
    await get('/chips');
    expect(connection.online).toBe(true);
  });

  it('tells the shell of a 401', async () => {
    answering(() => Response.json({ title: 'who?', status: 401 }, { status: 401 }));
    await get('/chips').catch(() => undefined);
    expect(connection.unauthorized).toBe(true);
  });

  it('takes no 401 for news that was asked for before the page was let in again', async () => {
    const answers: ((response: Response) => void)[] = [];
    vi.stubGlobal('fetch', () => new Promise((resolve) => answers.push(resolve)));
    const late = get('/chips').catch(() => undefined);
    const early = get('/session').catch(() => undefined);
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers[1]!(Response.json({}));
    await early;
    answers[0]!(Response.json({ title: 'who?', status: 401 }, { status: 401 }));
    await late;
    expect(connection.unauthorized).toBe(false);
  });

  it('lets an abort be an abort', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new DOMException('stopped', 'AbortError')));
    await expect(get('/chips')).rejects.toMatchObject({ name: 'AbortError' });
    expect(connection.online).toBe(true);
  });
});
