/** Reads label images: PNG of 8 bits, grey or with a palette, whose values are class codes. Colours are not codes. */

export class PngError extends Error {}

export interface Grey {
  width: number;
  height: number;
  data: Uint8Array;
}

const MAGIC = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const HEAD = 33;
const GREY = 0;
const PALETTE = 3;

/**
 * The values of a label image. What cannot be one of `width` x `height` is refused by its first bytes, before anything
 * of it is unpacked.
 */
export async function readPng(file: Blob, width: number, height: number): Promise<Grey> {
  const head = new DataView(await file.slice(0, HEAD).arrayBuffer());
  if (head.byteLength < HEAD || MAGIC.some((byte, at) => head.getUint8(at) !== byte))
    throw new PngError('This is not a PNG file.');
  const found = { width: head.getUint32(16), height: head.getUint32(20) };
  if (found.width !== width || found.height !== height)
    throw new PngError(
      `The image has ${found.width} x ${found.height} pixels, the chip ${width} x ${height}. Cut it to the chip first.`,
    );
  const [depth, colour, interlace] = [head.getUint8(24), head.getUint8(25), head.getUint8(28)];
  if (depth !== 8 || (colour !== GREY && colour !== PALETTE))
    throw new PngError(
      'The image has colours. A label image is grey or has a palette, 8 bits a pixel: values are class codes.',
    );
  if (interlace !== 0) throw new PngError('The image is interlaced. Save it without.');
  const most = width * height + height + (1 << 20);
  if (file.size > most) throw new PngError(`The file has ${file.size} bytes, more than any mask of this chip.`);
  return {
    width,
    height,
    data: unfiltered(await unpacked(await file.arrayBuffer(), height * (width + 1)), width, height),
  };
}

async function unpacked(buffer: ArrayBuffer, wanted: number): Promise<Uint8Array> {
  const view = new DataView(buffer);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 8; at + 12 <= buffer.byteLength;) {
    const length = view.getUint32(at);
    const kind = String.fromCharCode(...new Uint8Array(buffer, at + 4, 4));
    if (at + 12 + length > buffer.byteLength) break;
    if (kind === 'IDAT') parts.push(new Uint8Array(buffer, at + 8, length));
    if (kind === 'IEND') break;
    at += 12 + length;
  }
  const out = new Uint8Array(wanted);
  let filled = 0;
  try {
    const reader = new Blob(parts).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
    for (let next = await reader.read(); !next.done && filled < wanted; next = await reader.read()) {
      const some = next.value.subarray(0, wanted - filled);
      out.set(some, filled);
      filled += some.length;
    }
    await reader.cancel().catch(() => undefined);
  } catch {
    /* cut short: told below */
  }
  if (filled < wanted) throw new PngError('The file is cut short or damaged.');
  return out;
}

/** Undoes the filters of PNG's lines (specification 9.2), one byte a pixel. */
function unfiltered(lines: Uint8Array, width: number, height: number): Uint8Array {
  const out = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    const kind = lines[row * (width + 1)]!;
    for (let col = 0; col < width; col++) {
      const to = row * width + col;
      const left = col > 0 ? out[to - 1]! : 0;
      const up = row > 0 ? out[to - width]! : 0;
      const corner = col > 0 && row > 0 ? out[to - width - 1]! : 0;
      out[to] = lines[row * (width + 1) + 1 + col]! + guess(kind, left, up, corner);
    }
  }
  return out;
}

function guess(kind: number, left: number, up: number, corner: number): number {
  if (kind === 0) return 0;
  if (kind === 1) return left;
  if (kind === 2) return up;
  if (kind === 3) return (left + up) >> 1;
  if (kind !== 4) throw new PngError('The file is damaged.');
  const sum = left + up - corner;
  const [a, b, c] = [Math.abs(sum - left), Math.abs(sum - up), Math.abs(sum - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}
