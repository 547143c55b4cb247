/** Active seconds: time in which a person does something, as far as can be told. */

/** After so long without pointer or keys nobody is held to be there. */
export const IDLE_MS = 30_000;

export class Active {
  private sum = 0;
  /** Since when somebody is there; null while nobody is. */
  private since: number | null = null;
  private last = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Pointer or keys. */
  stir(): void {
    const now = this.now();
    this.close(now);
    this.since ??= now;
    this.last = now;
  }

  /** The tab is hidden, or the page left. */
  rest(): void {
    this.close(this.now());
    if (this.since !== null) this.sum += this.now() - this.since;
    this.since = null;
  }

  /** What was there before, and stored nowhere. */
  add(seconds: number): void {
    this.sum += 1000 * seconds;
  }

  /** Active seconds so far. */
  get seconds(): number {
    const now = this.now();
    this.close(now);
    return (this.sum + (this.since === null ? 0 : now - this.since)) / 1000;
  }

  /** Active seconds since they were taken last. */
  take(): number {
    const now = this.now();
    const seconds = this.seconds;
    this.sum = 0;
    if (this.since !== null) this.since = now;
    return Math.round(seconds * 10) / 10;
  }

  /** Who did nothing for long was there until shortly after the last thing they did. */
  private close(now: number): void {
    if (this.since === null || now - this.last <= IDLE_MS) return;
    this.sum += this.last + IDLE_MS - this.since;
    this.since = null;
  }
}
