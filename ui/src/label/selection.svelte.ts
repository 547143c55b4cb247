/** Chips that are selected: one selection for wall, table and map. */

class Selection {
  private ids = new Set<string>();
  /** Rises with every change: read it where the selection is shown. */
  version = $state(0);
  /** The chip that a range begins at. */
  anchor: string | null = null;

  get size(): number {
    void this.version;
    return this.ids.size;
  }

  has(id: string): boolean {
    return this.ids.has(id);
  }

  list(): string[] {
    void this.version;
    return [...this.ids];
  }

  /** These and no others. */
  replace(ids: Iterable<string>, anchor: string | null = this.anchor): void {
    this.ids = new Set(ids);
    this.anchor = anchor;
    this.version++;
  }

  add(ids: Iterable<string>): void {
    for (const id of ids) this.ids.add(id);
    this.version++;
  }

  remove(ids: Iterable<string>): void {
    for (const id of ids) this.ids.delete(id);
    this.version++;
  }

  toggle(id: string): void {
    if (!this.ids.delete(id)) this.ids.add(id);
    this.anchor = id;
    this.version++;
  }

  clear(): void {
    if (this.ids.size > 0) this.replace([], null);
  }
}

export const selection = new Selection();
