import { afterEach, beforeEach, describe, expect, it, type Mock, vi } from 'vitest';
import { told } from '../label/asof';
import { ChipList, PAGE, type ListEvents } from './list';

/** A server with 1000 chips `c0`, `c1` ...; a list ranked anew has those behind the kept ones in reverse. */
class Server {
  total = 3 * PAGE;
  asked: URLSearchParams[] = [];
  forgets = false;
  broken = false;
  private orders = new Map<string, string[]>([['', this.plain()]]);
  private pins = 0;

  plain(): string[] {
    return Array.from({ length: this.total }, (_, i) => `c${i}`);
  }

  fetch = (address: string, init: { signal?: AbortSignal }): Promise<Response> => {
    if (init.signal?.aborted) return Promise.reject(new DOMException('given up', 'AbortError'));
    const query = new URLSearchParams(address.split('?')[1]);
    this.asked.push(query);
    if (this.broken) return Promise.resolve(problem(500));
    const [keep, pin] = [query.get('keep'), query.get('pin')];
    const forgotten = this.forgets && Boolean(keep || pin);
    if (forgotten && query.get('anew') !== 'true') return Promise.resolve(problem(409));
    const order = forgotten ? this.plain() : keep ? this.ranked(keep) : this.orders.get(pin ?? '')!;
    const name = keep || !pin || forgotten ? this.named(order) : pin;
    const [from, limit] = [Number(query.get('offset') ?? 0), Number(query.get('limit'))];
    const chips = order.slice(from, from + limit).map((id) => ({ id, score: this.pins / 10 }));
    const told = { chips, total: order.length, pin: name, meaning: 'score', head: this.pins, forgotten };
    return Promise.resolve(Response.json(told));
  };

  private ranked(keep: string): string[] {
    const [pin, count] = keep.split(':') as [string, string];
    const before = this.orders.get(pin)!;
    return [...before.slice(0, Number(count)), ...before.slice(Number(count)).reverse()];
  }

  private named(order: string[]): string {
    const name = `p${++this.pins}`;
    this.orders.set(name, order);
    return name;
  }
}

function problem(status: number): Response {
  const body = JSON.stringify({ type: 'about:blank', title: 'no', status });
  return new Response(body, { status, headers: { 'Content-Type': 'application/problem+json' } });
}

let server: Server;
let events: { [K in keyof ListEvents]: Mock<ListEvents[K]> };

beforeEach(() => {
  server = new Server();
  vi.stubGlobal('fetch', server.fetch);
  events = {
    rows: vi.fn(),
    sized: vi.fn(),
    drifted: vi.fn(),
    reranked: vi.fn(),
    forgotten: vi.fn(),
    failed: vi.fn(),
  };
});
afterEach(() => vi.unstubAllGlobals());

async function opened(suggest: { n: number; doubted: number; seed: number } | null = null): Promise<ChipList> {
  const list = new ChipList({ filter: '', sort: 'similar', task: 'chips', class: '1', suggest }, events);
  if (suggest) return list;
  list.want({ first: 0, end: PAGE }, 0);
  await vi.waitFor(() => expect(events.sized).toHaveBeenCalledWith(server.total));
  return list;
}

const ids = (list: ChipList, first: number, end: number): string[] => list.idsIn({ first, end });

describe('ranking anew', () => {
  it('keeps what is looked at in its place and takes the new order behind it', async () => {
    const list = await opened();
    const seen = { first: 0, end: 12 };
    expect(await list.rerank(seen, seen.end)).toBe(true);
    expect(server.asked.at(-1)!.get('keep')).toBe('p1:12');
    expect(ids(list, 0, 12)).toEqual(server.plain().slice(0, 12));
    expect(ids(list, 12, 15)).toEqual(['c599', 'c598', 'c597']);
    expect(list.placeOf('c599')).toBe(12);
    expect(list.placeOf('c12')).toBeUndefined(); // far behind now, on a page that was not asked for
    expect(list.pin).toBe('p2');
    expect(events.reranked).toHaveBeenCalledWith(server.total);
  });

  it('gives the kept rows their new scores', async () => {
    const list = await opened();
    expect(list.at(3)!.score).toBe(0.1);
    await list.rerank({ first: 0, end: 12 }, 12);
    expect(list.at(3)!.score).toBe(0.2);
  });

  it('draws former pages as they were until they are looked at again', async () => {
    const list = await opened();
    list.want({ first: PAGE, end: 2 * PAGE }, 0);
    await vi.waitFor(() => expect(list.at(PAGE)).toBeDefined());
    const seen = { first: PAGE + 10, end: PAGE + 22 };
    await list.rerank(seen, seen.end);
    expect(list.at(0)).toMatchObject({ id: 'c0', score: 0.1 });
    expect(list.at(PAGE)).toMatchObject({ id: `c${PAGE}`, score: 0.2 });
    list.want({ first: 0, end: 12 }, 0);
    await vi.waitFor(() => expect(list.at(0)).toMatchObject({ id: 'c0', score: 0.2 }));
    expect(ids(list, 0, PAGE)).toEqual(server.plain().slice(0, PAGE));
  });

  it('asks for the scores of another class in hand without moving', async () => {
    const list = await opened();
    list.turn('2');
    expect(server.asked).toHaveLength(1);
    await list.rerank({ first: 0, end: 12 }, 12);
    expect(server.asked.at(-1)!.get('class')).toBe('2');
    expect(ids(list, 0, 12)).toEqual(server.plain().slice(0, 12));
    const suggested = await opened({ n: 5, doubted: 0, seed: 0 });
    suggested.turn('2');
    expect(suggested.query.class).toBe('1'); // chips stay those that were suggested
  });

  it('takes the second ranking from the first', async () => {
    const list = await opened();
    await list.rerank({ first: 0, end: 12 }, 12);
    await list.rerank({ first: 0, end: 20 }, 20);
    expect(server.asked.at(-1)!.get('keep')).toBe('p2:20');
    expect(ids(list, 12, 20)).toEqual(['c599', 'c598', 'c597', 'c596', 'c595', 'c594', 'c593', 'c592']);
    expect(ids(list, 20, 22)).toEqual(['c12', 'c13']);
  });

  it('never holds a chip twice', async () => {
    const list = await opened();
    await list.rerank({ first: 0, end: 150 }, 150);
    list.want({ first: 0, end: server.total }, 0);
    await vi.waitFor(() => expect(ids(list, 0, server.total)).toHaveLength(server.total));
    expect(new Set(ids(list, 0, server.total)).size).toBe(server.total);
    expect(server.plain().every((id) => list.at(list.placeOf(id)!)!.id === id)).toBe(true);
  });

  it('says so where the server no longer knows the order', async () => {
    const list = await opened();
    server.forgets = true;
    expect(await list.rerank({ first: 0, end: 12 }, 12)).toBe(true);
    expect(events.forgotten).toHaveBeenCalledOnce();
    expect(events.reranked).not.toHaveBeenCalled();
    expect(ids(list, 0, 12)).toEqual(server.plain().slice(0, 12));
  });

  it('leaves the list as it was where it fails, is given up or comes too late', async () => {
    const list = await opened();
    const before = ids(list, 0, PAGE);
    server.broken = true;
    await expect(list.rerank({ first: 0, end: 12 }, 12)).rejects.toThrow();
    server.broken = false;
    const given = new AbortController();
    given.abort();
    await expect(list.rerank({ first: 0, end: 12 }, 12, given.signal)).rejects.toThrow();
    const late = list.rerank({ first: 0, end: 12 }, 12);
    list.close();
    await late;
    expect(ids(list, 0, PAGE)).toEqual(before);
    expect(events.reranked).not.toHaveBeenCalled();
  });

  it('is not for a suggestion, nor for a list that has not come', async () => {
    expect(await (await opened({ n: 5, doubted: 0, seed: 0 })).rerank({ first: 0, end: 5 }, 5)).toBe(false);
    const list = new ChipList({ filter: '', sort: 'similar', task: 'chips' }, events);
    expect(await list.rerank({ first: 0, end: 5 }, 5)).toBe(false);
    expect(server.asked).toHaveLength(0);
  });
});

describe('answers that come while a page is on its way', () => {
  it('are asked for when it has landed', async () => {
    const loading = new ChipList({ filter: '', sort: '', task: 'chips', suggest: null }, events);
    loading.want({ first: 0, end: PAGE }, 0);
    told(1000, ['c3', 'c900000']); // after the server has read the page, before it is here
    await vi.waitFor(() => expect(server.asked).toHaveLength(2));
    expect(server.asked[1]!.get('filter')).toBe("chip_id IN ('c3')");
  });

  it('may be about every chip, where none is named', async () => {
    const loading = new ChipList({ filter: '', sort: '', task: 'chips', suggest: null }, events);
    loading.want({ first: 0, end: PAGE }, 0);
    told(1001, []); // a handful of answers was taken back at once
    const again = (): number =>
      server.asked.slice(1).flatMap((one) => one.get('filter')!.match(/'c\d+'/g) ?? []).length;
    await vi.waitFor(() => expect(again()).toBe(PAGE));
  });
});
