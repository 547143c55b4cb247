// @vitest-environment node
import { describe, expect, it } from 'vitest';
import { PngError, readPng } from './png';

describe('label images', () => {
  const crc = new Uint8Array(4);

  async function png(width: number, height: number, lines: number[], kind = 0): Promise<Blob> {
    const chunk = (name: string, data: Uint8Array): Uint8Array[] => {
      const head = new Uint8Array(8);
      new DataView(head.buffer).setUint32(0, data.length);
      head.set(new TextEncoder().encode(name), 4);
      return [head, data, crc];
    };
    const head = new Uint8Array(13);
    new DataView(head.buffer).setUint32(0, width);
    new DataView(head.buffer).setUint32(4, height);
    head.set([8, kind, 0, 0, 0], 8);
    const packed = new Blob([Uint8Array.from(lines)]).stream().pipeThrough(new CompressionStream('deflate'));
    const body = new Uint8Array(await new Response(packed).arrayBuffer());
    const magic = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    const parts = [magic, ...chunk('IHDR', head), ...chunk('IDAT', body), ...chunk('IEND', new Uint8Array(0))];
    return new Blob(parts as BlobPart[]);
  }

  it('are read through all filters', async () => {
    const rows = [
      [0, 1, 2, 3],
      [1, 1, 1, 1],
      [2, 1, 1, 1],
      [3, 1, 1, 1],
      [4, 1, 1, 1],
    ];
    const { data } = await readPng(await png(3, 5, rows.flat()), 3, 5);
    expect([...data]).toEqual([1, 2, 3, 1, 2, 3, 2, 3, 4, 2, 3, 4, 3, 4, 5]);
  });

  it('of another size, with colours or cut short are refused with the reason', async () => {
    await expect(readPng(await png(3, 1, [0, 1, 2, 3]), 4, 4)).rejects.toThrow('3 x 1 pixels, the chip 4 x 4');
    await expect(readPng(await png(3, 1, [0, 1, 2, 3], 2), 3, 1)).rejects.toThrow('colours');
    await expect(readPng(await png(3, 2, [0, 1, 2, 3]), 3, 2)).rejects.toThrow('cut short');
    await expect(readPng(new Blob(['GIF89a']), 3, 1)).rejects.toThrow(PngError);
    const large = { size: 5e8, slice: (await png(3, 1, [0, 1, 2, 3])).slice.bind(await png(3, 1, [0, 1, 2, 3])) };
    await expect(readPng(large as Blob, 3, 1)).rejects.toThrow('more than any mask');
  });
});
