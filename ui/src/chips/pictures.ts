/** Quicklooks of one layer as bitmaps: asked for in packed pages, decoded by a worker, bounded in memory. */
import { ProblemError, bytes, isAbort } from '../lib/api';
import type { Decoder } from './decoder';
import { Lru } from './lru';
import { type Ask, type Spot, asks, keyOf } from './quicklooks';
import { curveOf, type Tone } from './tone';

const AT_ONCE = 3;
const MEMORY = 160_000_000;
/** What a server says that will soon say something else. */
const BUSY = [408, 429, 500, 502, 503, 504];
const AGAIN_MS = 3000;

type Curve = ReturnType<typeof curveOf>;

interface Entry {
  /** Null: the server has none for this chip. */
  picture: ImageBitmap | null;
  edge: number;
  /** The curve that it was put through. */
  curve: Curve;
  /** Out of date: drawn until the new one is there. */
  old: boolean;
}

interface Flight {
  keys: Set<string>;
  stop: AbortController;
}

export interface PictureEvents {
  came: (spots: Spot[]) => void;
  failed: (error: unknown) => void;
}

export class Pictures {
  private readonly have = new Lru<Entry>(MEMORY, ({ picture }) => picture?.close());
  private readonly flights = new Set<Flight>();
  private readonly refused = new Set<string>();
  private wanted = new Map<string, Spot>();
  private edge = 128;
  private curve: Curve = null;
  private closed = false;

  constructor(
    readonly layer: string,
    private readonly decoder: Decoder,
    private readonly events: PictureEvents,
  ) {}

  /** The bitmap; null where there is none to come; undefined while it is not here. */
  get(spot: Spot): ImageBitmap | null | undefined {
    const key = keyOf(spot);
    const entry = this.have.get(key);
    return entry ? entry.picture : this.refused.has(key) ? null : undefined;
  }

  /** Fetch what these lack, first come first; requests that bring none of them are given up. */
  want(spots: Spot[], edge: number): void {
    this.edge = edge;
    this.wanted = new Map(spots.map((spot) => [keyOf(spot), spot]));
    for (const flight of this.flights) {
      if (![...flight.keys].some((key) => this.wanted.has(key))) flight.stop.abort();
    }
    this.pump();
  }

  /** Another brightness, contrast, gamma: what is wanted is decoded anew, the old pictures stay until then. */
  setTone(tone: Tone): void {
    const curve = curveOf(tone);
    if (String(curve) === String(this.curve)) return;
    this.curve = curve;
    this.pump();
  }

  /** These have changed on the server: fetch them again when wanted; the old ones stay until then. */
  renew(spots: Spot[]): void {
    for (const spot of spots) {
      const key = keyOf(spot);
      this.refused.delete(key);
      const entry = this.have.get(key);
      if (entry) entry.old = true;
    }
    this.pump();
  }

  retry(): void {
    this.refused.clear();
    this.pump();
  }

  close(): void {
    this.closed = true;
    for (const flight of this.flights) flight.stop.abort();
    this.have.clear();
  }

  private flying(key: string): boolean {
    for (const flight of this.flights) if (flight.keys.has(key)) return true;
    return false;
  }

  private pump(): void {
    if (this.closed || this.flights.size >= AT_ONCE) return;
    const missing: Spot[] = [];
    const resize: Spot[] = [];
    for (const [key, spot] of this.wanted) {
      const entry = this.have.get(key);
      if (this.refused.has(key) || this.flying(key)) continue;
      if (!entry || entry.old) missing.push(spot);
      else if (entry.picture && (entry.edge !== this.edge || entry.curve !== this.curve)) resize.push(spot);
    }
    if (resize.length > 0) void this.fly({ pairs: [], spots: resize.slice(0, 128) });
    for (const ask of asks(missing)) {
      if (this.flights.size >= AT_ONCE) return;
      void this.fly(ask);
    }
  }

  private async fly(ask: Ask): Promise<void> {
    const keys = ask.spots.map(keyOf);
    const flight: Flight = { keys: new Set(keys), stop: new AbortController() };
    this.flights.add(flight);
    const { edge, curve } = this;
    try {
      const page = ask.pairs.length > 0 ? await this.page(ask, flight.stop.signal) : undefined;
      const names = keys.map((key) => `${this.layer}|${key}`);
      const pictures = await this.decoder.decode(names, edge, page, curve);
      if (this.closed) for (const picture of pictures) picture?.close();
      else this.land(ask, keys, pictures, edge, curve);
    } catch (error) {
      if (!isAbort(error) && !this.closed) this.fell(ask, error);
    } finally {
      this.flights.delete(flight);
      this.pump();
    }
  }

  /** A part that has no such layer must not hide the others of its page: each is asked for alone. */
  private fell(ask: Ask, error: unknown): void {
    if (ask.pairs.length > 1 && error instanceof ProblemError && error.problem.status > 0) {
      for (const { part } of ask.pairs) void this.fly(asks(ask.spots.filter((spot) => spot.part === part))[0]!);
      return;
    }
    for (const spot of ask.spots) this.refused.add(keyOf(spot));
    this.events.failed(error);
    this.events.came(ask.spots);
    if (error instanceof ProblemError && BUSY.includes(error.problem.status))
      setTimeout(() => this.again(ask), AGAIN_MS);
  }

  /** The server was busy: it is asked once more. */
  private again(ask: Ask): void {
    for (const spot of ask.spots) this.refused.delete(keyOf(spot));
    this.pump();
  }

  private page(ask: Ask, signal: AbortSignal): Promise<ArrayBuffer> {
    const query = { part: ask.pairs.map((p) => p.part), rows: ask.pairs.map((p) => p.rows), layer: this.layer };
    return bytes('/quicklooks', query, { signal, cache: this.layer.startsWith('label:') ? 'no-cache' : 'default' });
  }

  private land(
    ask: Ask,
    keys: string[],
    pictures: (ImageBitmap | null | undefined)[],
    edge: number,
    curve: Curve,
  ): void {
    keys.forEach((key, i) => {
      const picture = pictures[i];
      if (picture === undefined) {
        const entry = this.have.get(key); // the worker let its bytes go: fetched again
        if (entry) entry.old = true;
      } else {
        const weight = picture ? picture.width * picture.height * 4 : 64;
        this.have.set(key, { picture, edge, curve, old: false }, weight);
      }
    });
    this.events.came(ask.spots);
  }
}
