import { describe, expect, it } from 'vitest';
import { NpyError, parseNpy } from './npy';

/** A .npy file as NumPy writes it: the header filled up so that the numbers start at a multiple of 64. */
function npy(descr: string, shape: string, body: ArrayBufferView, { major = 1, order = 'False' } = {}): ArrayBuffer {
  const text = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const lead = major === 1 ? 10 : 12;
  const length = Math.ceil((lead + text.length + 1) / 64) * 64 - lead;
  const out = new Uint8Array(lead + length + body.byteLength);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, major, 0]);
  const view = new DataView(out.buffer);
  if (major === 1) view.setUint16(8, length, true);
  else view.setUint32(8, length, true);
  out.set(new TextEncoder().encode(`${text.padEnd(length - 1)}\n`), lead);
  out.set(new Uint8Array(body.buffer, body.byteOffset, body.byteLength), lead + length);
  return out.buffer;
}

const KINDS: [string, ArrayBufferView, number[]][] = [
  ['|b1', Uint8Array.of(0, 1), [0, 1]],
  ['|u1', Uint8Array.of(0, 255), [0, 255]],
  ['|i1', Int8Array.of(-128, 127), [-128, 127]],
  ['<u2', Uint16Array.of(0, 65535), [0, 65535]],
  ['<i2', Int16Array.of(-32768, 32767), [-32768, 32767]],
  ['<u4', Uint32Array.of(0, 4294967295), [0, 4294967295]],
  ['<i4', Int32Array.of(-2147483648, 2147483647), [-2147483648, 2147483647]],
  ['<u8', BigUint64Array.of(0n, 9007199254740991n), [0, 9007199254740991]],
  ['<i8', BigInt64Array.of(-5n, 5n), [-5, 5]],
  ['<f4', Float32Array.of(0.5, -1.25), [0.5, -1.25]],
  ['<f8', Float64Array.of(0.1, -1e300), [0.1, -1e300]],
  ['<f2', Uint16Array.of(0x3c00, 0xc100), [1, -2.5]],
];

describe('parseNpy', () => {
  it.each(KINDS)('reads %s', (descr, body, values) => {
    const found = parseNpy(npy(descr, '(1, 2)', body));
    expect(found.shape).toEqual([1, 2]);
    expect(found.dtype).toBe(descr.slice(1));
    expect(Array.from(found.data)).toEqual(values);
  });

  it('reads special half floats', () => {
    const data = parseNpy(npy('<f2', '(5,)', Uint16Array.of(0x0001, 0x7c00, 0xfc00, 0x7e00, 0x8000))).data;
    expect(Array.from(data)).toEqual([2 ** -24, Infinity, -Infinity, NaN, -0]);
  });

  it('keeps NaN and infinity', () => {
    const data = parseNpy(npy('<f4', '(3,)', Float32Array.of(NaN, Infinity, -Infinity))).data;
    expect(Array.from(data)).toEqual([NaN, Infinity, -Infinity]);
  });

  it.each([2, 3])('reads format %i', (major) => {
    expect(Array.from(parseNpy(npy('<u2', '(2,)', Uint16Array.of(7, 8), { major })).data)).toEqual([7, 8]);
  });

  it('reads a scalar and an empty array', () => {
    expect(parseNpy(npy('<f4', '()', Float32Array.of(3))).shape).toEqual([]);
    expect(parseNpy(npy('<f4', '(0, 4)', new Float32Array())).data.length).toBe(0);
  });

  it('does not copy numbers that lie on their boundary', () => {
    const file = npy('<u2', '(2,)', Uint16Array.of(1, 2));
    expect(parseNpy(file).data.buffer).toBe(file);
  });

  it.each([
    ['another file', new TextEncoder().encode('<!doctype html><p>no').buffer, /not a .npy/],
    ['an empty file', new ArrayBuffer(0), /not a .npy/],
    ['big endian', npy('>u2', '(1,)', Uint16Array.of(1)), /big-endian/],
    ['Fortran order', npy('<u2', '(1,)', Uint16Array.of(1), { order: 'True' }), /Fortran/],
    ['objects', npy('|O', '(1,)', Uint16Array.of(1)), /\|O/],
    ['too few bytes', npy('<u2', '(4,)', Uint16Array.of(1)), /cut short: 2 of 8/],
    ['a cut header', npy('<u2', '(4,)', Uint16Array.of(1)).slice(0, 30), /cut short in its header/],
    ['another version', npy('<u2', '(1,)', Uint16Array.of(1), { major: 4 }), /format 4/],
  ])('refuses %s', (_, file, message) => {
    expect(() => parseNpy(file)).toThrow(message);
    expect(() => parseNpy(file)).toThrow(NpyError);
  });
});
