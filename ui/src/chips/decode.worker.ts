/** Unpacks and decodes quicklooks off the main thread; keeps the packed bytes, so that another size needs no request. */
import { Lru } from './lru';
import { unpack } from './quicklooks';
import { putThrough } from './tone';

export interface DecodeAsk {
  id: number;
  keys: string[];
  /** Longest edge wanted, in device pixels. */
  edge: number;
  /** A packed page of `keys`; without, the bytes that came before are decoded again. */
  page?: ArrayBuffer;
  /** Brightness, contrast and gamma as a look-up (tone.ts). */
  curve?: Uint8ClampedArray<ArrayBuffer> | null;
}

/** One picture; null: there is none (no label). Undefined: its bytes are not here (any more). */
export type Decoded = ImageBitmap | null | undefined;

export interface DecodeAnswer {
  id: number;
  pictures: Decoded[];
  error?: string;
}

const KEPT = 64_000_000;
const kept = new Lru<Uint8Array<ArrayBuffer>>(KEPT);

async function decode(bytes: Uint8Array<ArrayBuffer>, edge: number): Promise<ImageBitmap | null> {
  if (bytes.byteLength === 0) return null;
  const picture = await createImageBitmap(new Blob([bytes]));
  const longest = Math.max(picture.width, picture.height);
  if (longest <= edge * 1.25) return picture;
  const small = await createImageBitmap(picture, {
    resizeWidth: Math.max(1, Math.round((picture.width * edge) / longest)),
    resizeHeight: Math.max(1, Math.round((picture.height * edge) / longest)),
    resizeQuality: 'medium',
  });
  picture.close();
  return small;
}

/** The picture through a curve; as it is where the browser has no canvas for workers. */
function toned(picture: ImageBitmap, curve: Uint8ClampedArray<ArrayBuffer>): ImageBitmap {
  if (typeof OffscreenCanvas === 'undefined') return picture;
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const ctx = canvas.getContext('2d', { willReadFrequently: true });
  if (!ctx) return picture;
  ctx.drawImage(picture, 0, 0);
  const all = ctx.getImageData(0, 0, picture.width, picture.height);
  putThrough(all.data, curve);
  ctx.putImageData(all, 0, 0);
  picture.close();
  return canvas.transferToImageBitmap();
}

async function answer({ keys, edge, page, curve }: DecodeAsk): Promise<Decoded[]> {
  if (page) {
    const pieces = unpack(page);
    if (pieces.length !== keys.length)
      throw new RangeError(`asked for ${keys.length} quicklooks; found ${pieces.length}`);
    pieces.forEach((bytes, i) => kept.set(keys[i]!, bytes.slice(), bytes.byteLength + 64));
  }
  return Promise.all(
    keys.map((key) => {
      const bytes = kept.get(key);
      if (bytes === undefined) return undefined;
      const picture = decode(bytes, edge).catch(() => null);
      return curve ? picture.then((one) => one && toned(one, curve)) : picture;
    }),
  );
}

self.onmessage = async ({ data }: MessageEvent<DecodeAsk>): Promise<void> => {
  let told: DecodeAnswer;
  try {
    told = { id: data.id, pictures: await answer(data) };
  } catch (error) {
    told = { id: data.id, pictures: [], error: error instanceof Error ? error.message : String(error) };
  }
  const movable = told.pictures.filter((p): p is ImageBitmap => p instanceof ImageBitmap);
  self.postMessage(told, { transfer: movable });
};
