/** Chip data on the graphics card. */

import type { ChipPixels, MaskPixels } from './pixels';
import type { Sampler } from './shader';

export class CanvasError extends Error {}

interface Format {
  sampler: Sampler;
  internal: number;
  format: number;
  type: number;
  data: ArrayBufferView;
}

/** Integers stay as they are stored; other numbers become 32-bit floats. */
function formatOf(gl: WebGL2RenderingContext, data: ChipPixels['data']): Format {
  const unsigned = { sampler: 'usampler2DArray', format: gl.RED_INTEGER, data } as const;
  const signed = { sampler: 'isampler2DArray', format: gl.RED_INTEGER, data } as const;
  if (data instanceof Uint8Array) return { ...unsigned, internal: gl.R8UI, type: gl.UNSIGNED_BYTE };
  if (data instanceof Uint16Array) return { ...unsigned, internal: gl.R16UI, type: gl.UNSIGNED_SHORT };
  if (data instanceof Uint32Array) return { ...unsigned, internal: gl.R32UI, type: gl.UNSIGNED_INT };
  if (data instanceof Int8Array) return { ...signed, internal: gl.R8I, type: gl.BYTE };
  if (data instanceof Int16Array) return { ...signed, internal: gl.R16I, type: gl.SHORT };
  if (data instanceof Int32Array) return { ...signed, internal: gl.R32I, type: gl.INT };
  const floats = data instanceof Float32Array ? data : Float32Array.from(data);
  return { sampler: 'sampler2DArray', internal: gl.R32F, format: gl.RED, type: gl.FLOAT, data: floats };
}

export interface BandTexture {
  texture: WebGLTexture;
  sampler: Sampler;
}

export function bandTexture(gl: WebGL2RenderingContext, pixels: ChipPixels): BandTexture {
  fits(gl, pixels.cols, pixels.rows, pixels.bands.length);
  const { sampler, internal, format, type, data } = formatOf(gl, pixels.data);
  const texture = newTexture(gl, gl.TEXTURE_2D_ARRAY);
  const { cols, rows, bands } = pixels;
  gl.texImage3D(gl.TEXTURE_2D_ARRAY, 0, internal, cols, rows, bands.length, 0, format, type, data);
  return { texture, sampler };
}

export function maskTexture(gl: WebGL2RenderingContext, mask: MaskPixels | null): WebGLTexture {
  const texture = newTexture(gl, gl.TEXTURE_2D_ARRAY);
  const [cols, rows, data] = mask ? [mask.cols, mask.rows, mask.data] : [1, 1, new Uint8Array([255, 0, 255])];
  gl.texImage3D(gl.TEXTURE_2D_ARRAY, 0, gl.R8UI, cols, rows, 3, 0, gl.RED_INTEGER, gl.UNSIGNED_BYTE, data);
  return texture;
}

export function validTexture(gl: WebGL2RenderingContext, pixels: ChipPixels | null): WebGLTexture {
  const texture = newTexture(gl, gl.TEXTURE_2D);
  const [cols, rows, data] = pixels?.valid ? [pixels.cols, pixels.rows, pixels.valid] : [1, 1, new Uint8Array([1])];
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8UI, cols, rows, 0, gl.RED_INTEGER, gl.UNSIGNED_BYTE, data);
  return texture;
}

/** 256 colours in a row. */
export function tableTexture(gl: WebGL2RenderingContext, colours: Uint8Array): WebGLTexture {
  const texture = newTexture(gl, gl.TEXTURE_2D);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 256, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, colours);
  return texture;
}

function newTexture(gl: WebGL2RenderingContext, target: number): WebGLTexture {
  const texture = gl.createTexture();
  gl.bindTexture(target, texture);
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  gl.texParameteri(target, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
  gl.texParameteri(target, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
  gl.texParameteri(target, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(target, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
  return texture;
}

function fits(gl: WebGL2RenderingContext, cols: number, rows: number, bands: number): void {
  const side = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
  const layers = gl.getParameter(gl.MAX_ARRAY_TEXTURE_LAYERS) as number;
  if (cols > side || rows > side)
    throw new CanvasError(`${cols} x ${rows} pixels are more than this graphics card draws (${side} x ${side})`);
  if (bands > layers) throw new CanvasError(`${bands} bands are more than this graphics card draws (${layers})`);
}
