/** Where acts wait until the server has them: in IndexedDB, so that they outlive the page, a crash and an offline day. */
import type { Act, Refusal } from './acts';

/** An act as it is kept; `n` rises in the order of acts, over all tabs. */
export interface Kept<A = Act> {
  n: number;
  /** Address and name of the workspace that it belongs to. */
  place: string;
  act: A;
  /** What the server did not take of it; shown until a person has seen it. */
  refused: Refusal[] | null;
}

export interface Store<A = Act> {
  /** False where nothing outlives the page: IndexedDB is blocked or full. */
  readonly lasting: boolean;
  add(place: string, act: A): Promise<number>;
  /** Those behind `n`, in order. */
  after(place: string, n: number): Promise<Kept<A>[]>;
  put(kept: Kept<A>): Promise<void>;
  remove(n: number): Promise<void>;
}

export class MemoryStore<A = Act> implements Store<A> {
  readonly lasting = false;
  private last = 0;
  private readonly all = new Map<number, Kept<A>>();

  add(place: string, act: A): Promise<number> {
    const n = ++this.last;
    this.all.set(n, { n, place, act, refused: null });
    return Promise.resolve(n);
  }

  after(place: string, n: number): Promise<Kept<A>[]> {
    return Promise.resolve([...this.all.values()].filter((one) => one.place === place && one.n > n));
  }

  put(kept: Kept<A>): Promise<void> {
    this.all.set(kept.n, kept);
    return Promise.resolve();
  }

  remove(n: number): Promise<void> {
    this.all.delete(n);
    return Promise.resolve();
  }
}

const ACTS = 'acts';

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the browser keeps no data'));
  });
}

class IdbStore<A> implements Store<A> {
  readonly lasting = true;

  constructor(private readonly db: IDBDatabase) {}

  async add(place: string, act: A): Promise<number> {
    return Number(await this.write((acts) => acts.add({ place, act, refused: null })));
  }

  async after(place: string, n: number): Promise<Kept<A>[]> {
    const acts = this.db.transaction(ACTS, 'readonly').objectStore(ACTS);
    return (await done(
      acts.index('place').getAll(IDBKeyRange.bound([place, n], [place, Infinity], true)),
    )) as Kept<A>[];
  }

  async put(kept: Kept<A>): Promise<void> {
    await this.write((acts) => acts.put(kept));
  }

  async remove(n: number): Promise<void> {
    await this.write((acts) => acts.delete(n));
  }

  /** Committed at once: left to itself it would wait for an answer that a page that closes never hears. */
  private write<T>(ask: (acts: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    const transaction = this.db.transaction(ACTS, 'readwrite', { durability: 'strict' });
    const asked = done(ask(transaction.objectStore(ACTS)));
    transaction.commit();
    return asked;
  }
}

/** The browser's store, or one in memory where there is none (a blocked frame, a private window). */
export async function openStore<A = Act>(name = 'groundset'): Promise<Store<A>> {
  try {
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => {
      const acts = opening.result.createObjectStore(ACTS, { keyPath: 'n', autoIncrement: true });
      acts.createIndex('place', ['place', 'n']);
    };
    return new IdbStore<A>(await done(opening));
  } catch {
    return new MemoryStore<A>();
  }
}
