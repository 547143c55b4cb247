/** Work that is asked for again and again: done a little after the last asking, and never twice at a time. */
export class Calm {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private flight: AbortController | null = null;
  private more = false;

  constructor(
    private readonly wait: number,
    private readonly work: (signal: AbortSignal) => Promise<void>,
  ) {}

  get busy(): boolean {
    return this.flight !== null;
  }

  /** Soon; while it is being done, once more after that. */
  soon(wait = this.wait): void {
    if (this.flight) {
      this.more = true;
      return;
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.now(), wait);
  }

  /** Give up what is planned or being done. */
  stop(): void {
    clearTimeout(this.timer);
    this.more = false;
    this.flight?.abort();
    this.flight = null;
  }

  private async now(): Promise<void> {
    const flight = (this.flight = new AbortController());
    try {
      await this.work(flight.signal);
    } finally {
      if (this.flight === flight) {
        this.flight = null;
        if (this.more) {
          this.more = false;
          this.soon();
        }
      }
    }
  }
}
