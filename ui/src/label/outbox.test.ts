import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AnnotationIn, AnnotationResult } from '../lib/types';
import { type Act, EVENTS, MOST, newId } from './acts';
import { Outbox, type Verdict, type Wait, type Word } from './outbox';
import { MemoryStore } from './store';

/** A server that keeps events by id, and may be away. */
class Server {
  kept = new Map<string, AnnotationIn>();
  batches: number[] = [];
  verdict: Verdict | null = null;
  refuses: (event: AnnotationIn) => string | null = () => null;
  /** Keeps what came, but its reply is lost. */
  silent = false;

  send = (events: AnnotationIn[]): Promise<Verdict> => {
    if (this.verdict) return Promise.resolve(this.verdict);
    this.batches.push(events.length);
    const results = events.map((event): AnnotationResult => {
      const error = this.refuses(event);
      if (error) return { id: event.id, status: 'refused', error };
      const status = this.kept.has(event.id) ? 'known' : 'created';
      this.kept.set(event.id, event);
      return { id: event.id, status, seq: [...this.kept.keys()].indexOf(event.id) + 1 };
    });
    return Promise.resolve(this.silent ? { wait: 'offline' } : { results });
  };
}

function act(chips: string[], change: Partial<Act> = {}): Act {
  const payloads = [{ class: 1, value: 'positive' }];
  return { id: newId(), kind: 'answer', task: 't', chips, payloads, undoes: null, actor: 'anna', says: '', ...change };
}

let server: Server;
let store: MemoryStore;
let actor: string | null;
let heard: Word[];
let waits: (Wait | null)[];
let lock: Promise<void>;
const open: Outbox[] = [];

function outbox(): Outbox {
  const one = new Outbox({
    place: 'here',
    store,
    parts: EVENTS,
    send: (events) => server.send(events),
    alone: (run) => (lock = lock.then(run)),
    tell: () => undefined,
    actor: () => actor,
    heard: (word) => heard.push(word),
    waits: (why) => waits.push(why),
  });
  open.push(one);
  return one;
}

async function settle(ms = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

async function left(): Promise<number> {
  return (await store.after('here', 0)).length;
}

beforeEach(() => {
  vi.useFakeTimers();
  server = new Server();
  store = new MemoryStore();
  actor = 'anna';
  heard = [];
  waits = [];
  lock = Promise.resolve();
});

afterEach(() => {
  for (const one of open.splice(0)) one.stop();
  vi.useRealTimers();
});

describe('Outbox', () => {
  it('sends acts in order, once, and keeps nothing that the server has', async () => {
    const box = outbox();
    await box.start();
    const acts = ['a', 'b', 'c'].map((chip) => act([chip]));
    for (const one of acts) void box.add(one);
    await settle();
    expect([...server.kept.keys()]).toEqual(acts.map((one) => one.id));
    expect(heard.map((word) => word.what === 'settled' && word.id)).toEqual(acts.map((one) => one.id));
    expect(await left()).toBe(0);
  });

  it('cuts a large act into batches, the bulk event first', async () => {
    const box = outbox();
    await box.start();
    void box.add(act(Array.from({ length: 4500 }, (_, i) => `c${i}`)));
    await settle();
    expect(server.batches).toEqual([MOST, MOST, 501]);
    expect([...server.kept.values()][0]!.kind).toBe('bulk');
    expect(server.kept.size).toBe(4501);
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatchObject({ what: 'settled', seq: 4501, refused: [] });
  });

  it('waits while the server is away, and doubles nothing when a reply was lost', async () => {
    const box = outbox();
    await box.start();
    server.silent = true;
    void box.add(act(['a', 'b']));
    await settle();
    expect(server.kept.size).toBe(3);
    expect(heard).toHaveLength(0);
    expect(await left()).toBe(1);
    server.silent = false;
    server.verdict = { wait: 'offline' };
    void box.add(act(['c']));
    await settle(60_000);
    expect(await left()).toBe(2);
    expect(waits.at(-1)).toBe('offline');
    server.verdict = null;
    await settle(10_000);
    expect(server.kept.size).toBe(4);
    expect(await left()).toBe(0);
    expect(waits.at(-1)).toBeNull();
  });

  it('goes on after a reload with what waited before', async () => {
    server.verdict = { wait: 'signed-out' };
    const before = outbox();
    await before.start();
    void before.add(act(['a']));
    await settle();
    before.stop();
    await settle();
    server.verdict = null;
    const after = outbox();
    expect((await after.start()).map((one) => one.act.chips)).toEqual([['a']]);
    await settle();
    expect(server.kept.size).toBe(1);
    expect(await left()).toBe(0);
  });

  it('sends for two tabs from one of them', async () => {
    const [one, two] = [outbox(), outbox()];
    await one.start();
    await two.start();
    void one.add(act(['a']));
    await settle();
    void two.add(act(['b']));
    await settle();
    one.stir(); // the word that goes from tab to tab
    await settle();
    expect([...server.kept.values()].map((event) => event.chip_id)).toEqual(['a', 'b']);
    expect(server.batches).toEqual([1, 1]);
  });

  it('holds what somebody else answered until they are back', async () => {
    const box = outbox();
    await box.start();
    void box.add(act(['a'], { actor: 'ben' }));
    void box.add(act(['b']));
    await settle();
    expect([...server.kept.values()].map((event) => event.chip_id)).toEqual(['b']);
    actor = 'ben';
    box.stir();
    await settle();
    expect([...server.kept.values()].map((event) => event.chip_id)).toEqual(['b', 'a']);
  });

  it('keeps what was refused for a person to see, and the others go through', async () => {
    const box = outbox();
    await box.start();
    server.refuses = (event) => (event.chip_id === 'b' ? 'there is no chip b' : null);
    void box.add(act(['a', 'b', 'c']));
    void box.add(act(['d']));
    await settle();
    expect(server.kept.size).toBe(4);
    const refused = [{ chip: 'b', error: 'there is no chip b' }];
    expect(heard[0]).toMatchObject({ what: 'settled', refused });
    expect((await store.after('here', 0)).map((one) => one.refused)).toEqual([refused]);
    server.batches = [];
    box.stir();
    await settle();
    expect(server.batches).toEqual([]); // it is not sent again
  });

  it('finds the one that spoils a whole batch', async () => {
    const box = outbox();
    await box.start();
    const send = server.send;
    server.send = (events) =>
      events.some((one) => one.chip_id === 'bad')
        ? Promise.resolve({ refused: 'this cannot be read' })
        : send.call(server, events);
    const acts = ['a', 'b', 'bad', 'c', 'd'].map((chip) => act([chip]));
    await Promise.all(acts.map((one) => box.add(one)));
    await settle(20_000);
    expect([...server.kept.values()].map((event) => event.chip_id)).toEqual(['a', 'b', 'c', 'd']);
    expect((await store.after('here', 0)).map((one) => one.refused)).toEqual([
      [{ chip: 'bad', error: 'this cannot be read' }],
    ]);
  });

  it('sends an undo after what it takes back', async () => {
    const box = outbox();
    server.verdict = { wait: 'offline' };
    await box.start();
    const first = act(['a']);
    void box.add(first);
    void box.add(act(['a'], { kind: 'undo', undoes: first.id, payloads: [] }));
    await settle();
    server.verdict = null;
    await settle(10_000);
    expect([...server.kept.values()].map((event) => event.kind)).toEqual(['answer', 'undo']);
    expect(server.batches).toEqual([2]);
  });
});
