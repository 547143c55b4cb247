/** Chips that are selected: one selection for wall, table and map. */

class Selection {
  private ids = new Set<string>();
  /** Rises with every change: read it where the selection is shown. */
  version = $state(0);
  /** The chip that a range begins at. */
  anchor: string | null = null;
  /**
   * Whether a plain move takes another chip in its place: one chip was pressed, or what was selected has been answered.
   * What was gathered (with Space, Ctrl, Shift, a frame) stays until it is.
   */
  private loose = false;

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
    this.loose = this.ids.size === 1;
    this.version++;
  }

  add(ids: Iterable<string>): void {
    for (const id of ids) this.ids.add(id);
    this.loose = false;
    this.version++;
  }

  remove(ids: Iterable<string>): void {
    for (const id of ids) this.ids.delete(id);
    this.version++;
  }

  toggle(id: string): void {
    if (!this.ids.delete(id)) this.ids.add(id);
    this.anchor = id;
    this.loose = false;
    this.version++;
  }

  clear(): void {
    this.held = false;
    if (this.ids.size > 0) this.replace([], null);
  }

  /** Whether it stays after an answer. */
  held = $state(false);

  /** Something was said of what was selected: it stays so that more can be said of it, until the next move. */
  spend(): void {
    this.loose = !this.held;
  }

  /** The chips have been answered: several are let go, unless they are held. One stays until the next move. */
  answered(): void {
    if (this.held) return;
    if (this.ids.size > 1) this.clear();
    else this.loose = true;
  }

  /** The keyboard went on to a chip: a loose selection goes with it. */
  follow(id: string): void {
    this.anchor = id;
    if (this.loose && this.ids.size > 0) this.replace([id], id);
  }
}

export const selection = new Selection();
