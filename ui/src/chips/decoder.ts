/** The decoding worker, asked with promises. */
import type { DecodeAnswer, Decoded } from './decode.worker';

export class Decoder {
  private readonly worker = new Worker(new URL('./decode.worker.ts', import.meta.url), { type: 'module' });
  private readonly waiting = new Map<number, { done: (p: Decoded[]) => void; failed: (e: Error) => void }>();
  private last = 0;

  constructor() {
    this.worker.onmessage = ({ data }: MessageEvent<DecodeAnswer>) => {
      const asked = this.waiting.get(data.id);
      this.waiting.delete(data.id);
      if (data.error !== undefined) asked?.failed(new Error(data.error));
      else asked?.done(data.pictures);
    };
    this.worker.onerror = () => {
      for (const asked of this.waiting.values()) asked.failed(new Error('the decoding worker failed'));
      this.waiting.clear();
    };
  }

  decode(
    keys: string[],
    edge: number,
    page?: ArrayBuffer,
    curve: Uint8ClampedArray<ArrayBuffer> | null = null,
  ): Promise<Decoded[]> {
    const id = ++this.last;
    return new Promise((done, failed) => {
      this.waiting.set(id, { done, failed });
      this.worker.postMessage({ id, keys, edge, page, curve }, page ? [page] : []);
    });
  }

  close(): void {
    this.worker.terminate();
    this.waiting.clear();
  }
}
