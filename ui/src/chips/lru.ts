/** What was used last, up to a weight. The oldest goes first; `dropped` is told, so that bitmaps can be closed. */
export class Lru<V> {
  private readonly map = new Map<string, { value: V; weight: number }>();
  weight = 0;

  constructor(
    public limit: number,
    private readonly dropped: (value: V, key: string) => void = () => undefined,
  ) {}

  get size(): number {
    return this.map.size;
  }

  has(key: string): boolean {
    return this.map.has(key);
  }

  /** The value, now the youngest. */
  get(key: string): V | undefined {
    const entry = this.map.get(key);
    if (!entry) return undefined;
    this.map.delete(key);
    this.map.set(key, entry);
    return entry.value;
  }

  set(key: string, value: V, weight = 1): void {
    this.delete(key);
    this.map.set(key, { value, weight });
    this.weight += weight;
    for (const oldest of this.map.keys()) {
      if (this.weight <= this.limit || oldest === key) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const entry = this.map.get(key);
    if (!entry) return;
    this.map.delete(key);
    this.weight -= entry.weight;
    this.dropped(entry.value, key);
  }

  clear(): void {
    for (const key of [...this.map.keys()]) this.delete(key);
  }

  keys(): IterableIterator<string> {
    return this.map.keys();
  }

  *values(): Generator<V> {
    for (const entry of this.map.values()) yield entry.value;
  }
}
