import { afterEach, describe, expect, it, vi } from 'vitest';
import { makersOf } from './loading';

afterEach(() => vi.unstubAllGlobals());

describe('who has a mask', () => {
  it('is found behind the first page of the journal too', async () => {
    const asked: string[] = [];
    const page = (actor: string, from: number, length: number) =>
      Array.from({ length }, (_, i) => ({ seq: from + i, actor, kind: 'mask', task: 'pixels' }));
    vi.stubGlobal('fetch', (input: RequestInfo | URL) => {
      const url = new URL(input instanceof Request ? input.url : String(input), location.href);
      asked.push(url.searchParams.get('since') ?? '');
      const events = url.searchParams.get('since') === '0' ? page('una', 1, 10_000) : page('max', 10_001, 3);
      return Promise.resolve(Response.json({ head: 20_000, events }));
    });
    expect(await makersOf({ chipId: 'c', task: 'pixels' })).toEqual(['max', 'una']);
    expect(asked).toEqual(['0', '10000']);
  });
});
