/** Reads NumPy's .npy files: little-endian numbers in C order, as the server sends pixels and masks. */

export type Samples =
  Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

export interface Npy {
  /** NumPy's name without the byte order: `u2`, `f4`, `b1` ... */
  dtype: string;
  shape: number[];
  /** One number an element; half floats come as float32, 64-bit integers as float64. */
  data: Samples;
}

export class NpyError extends Error {}

type Reader = (buffer: ArrayBuffer, offset: number, count: number) => Samples;

const READERS: Record<string, [size: number, read: Reader]> = {
  b1: [1, (b, o, n) => new Uint8Array(b, o, n)],
  u1: [1, (b, o, n) => new Uint8Array(b, o, n)],
  i1: [1, (b, o, n) => new Int8Array(b, o, n)],
  u2: [2, (b, o, n) => view(Uint16Array, b, o, n)],
  i2: [2, (b, o, n) => view(Int16Array, b, o, n)],
  u4: [4, (b, o, n) => view(Uint32Array, b, o, n)],
  i4: [4, (b, o, n) => view(Int32Array, b, o, n)],
  u8: [8, (b, o, n) => Float64Array.from(view(BigUint64Array, b, o, n), Number)],
  i8: [8, (b, o, n) => Float64Array.from(view(BigInt64Array, b, o, n), Number)],
  f2: [2, (b, o, n) => halves(view(Uint16Array, b, o, n))],
  f4: [4, (b, o, n) => view(Float32Array, b, o, n)],
  f8: [8, (b, o, n) => view(Float64Array, b, o, n)],
};

/** Parses a whole .npy file. Throws NpyError that says what is wrong with it. */
export function parseNpy(buffer: ArrayBuffer): Npy {
  const { header, start } = readHeader(buffer);
  const descr = field(header, /'descr'\s*:\s*'([^']*)'/, 'descr');
  const order = field(header, /'fortran_order'\s*:\s*(True|False)/, 'fortran_order');
  const shape = field(header, /'shape'\s*:\s*\(([^)]*)\)/, 'shape');
  if (order === 'True') throw new NpyError('the array is in Fortran order; C order is wanted');
  if (descr.startsWith('>')) throw new NpyError(`the array is big-endian (${descr}); little-endian is wanted`);
  const dtype = descr.replace(/^[<|=]/, '');
  const reader = READERS[dtype];
  if (!reader) throw new NpyError(`arrays of type ${descr} cannot be shown`);
  const dims = shape
    .split(',')
    .map((part) => part.trim().replace(/L$/, ''))
    .filter((part) => part !== '')
    .map(Number);
  if (dims.some((n) => !Number.isSafeInteger(n) || n < 0)) throw new NpyError(`bad shape (${shape})`);
  const count = dims.reduce((a, b) => a * b, 1);
  const [size, read] = reader;
  if (buffer.byteLength - start < count * size)
    throw new NpyError(`the file is cut short: ${buffer.byteLength - start} of ${count * size} bytes`);
  return { dtype, shape: dims, data: read(buffer, start, count) };
}

function readHeader(buffer: ArrayBuffer): { header: string; start: number } {
  const view = new DataView(buffer);
  const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
  if (buffer.byteLength < 10 || magic.some((byte, i) => view.getUint8(i) !== byte))
    throw new NpyError('this is not a .npy file');
  const major = view.getUint8(6);
  if (major < 1 || major > 3) throw new NpyError(`.npy format ${major} is not known`);
  const wide = major > 1;
  const length = wide && buffer.byteLength >= 12 ? view.getUint32(8, true) : view.getUint16(8, true);
  const begin = wide ? 12 : 10;
  if (begin + length > buffer.byteLength) throw new NpyError('the file is cut short in its header');
  const header = new TextDecoder(major === 3 ? 'utf-8' : 'latin1').decode(new Uint8Array(buffer, begin, length));
  return { header, start: begin + length };
}

function field(header: string, pattern: RegExp, name: string): string {
  const found = pattern.exec(header)?.[1];
  if (found === undefined) throw new NpyError(`the header has no ${name}: ${header.trim()}`);
  return found;
}

interface TypedArray<T> {
  new (buffer: ArrayBuffer, offset: number, count: number): T;
  readonly BYTES_PER_ELEMENT: number;
}

/** A view on the file where the numbers lie on their boundaries (NumPy sees to it), else on a copy of them. */
function view<T>(kind: TypedArray<T>, buffer: ArrayBuffer, offset: number, count: number): T {
  const size = kind.BYTES_PER_ELEMENT;
  if (offset % size === 0) return new kind(buffer, offset, count);
  return new kind(buffer.slice(offset, offset + count * size), 0, count);
}

function halves(bits: Uint16Array): Float32Array {
  const out = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) out[i] = half(bits[i]!);
  return out;
}

function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
