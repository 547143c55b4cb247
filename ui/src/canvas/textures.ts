/** Chip data on the graphics card. */

import type { Samples } from './npy';
import type { ChipPixels, MaskPixels } from './pixels';
import type { Sampler } from './shader';

export class CanvasError extends Error {}

interface Format {
  sampler: Sampler;
  internal: number;
  format: number;
  type: number;
}

export function samplerOf(data: Samples): Sampler {
  if (data instanceof Uint8Array || data instanceof Uint16Array || data instanceof Uint32Array)
    return 'usampler2DArray';
  if (data instanceof Int8Array || data instanceof Int16Array || data instanceof Int32Array) return 'isampler2DArray';
  return 'sampler2DArray';
}

/** Integers stay as they are stored; other numbers become 32-bit floats. */
function formatOf(gl: WebGL2RenderingContext, data: Samples): Format {
  const integer = { sampler: samplerOf(data), format: gl.RED_INTEGER };
  if (data instanceof Uint8Array) return { ...integer, internal: gl.R8UI, type: gl.UNSIGNED_BYTE };
  if (data instanceof Uint16Array) return { ...integer, internal: gl.R16UI, type: gl.UNSIGNED_SHORT };
  if (data instanceof Uint32Array) return { ...integer, internal: gl.R32UI, type: gl.UNSIGNED_INT };
  if (data instanceof Int8Array) return { ...integer, internal: gl.R8I, type: gl.BYTE };
  if (data instanceof Int16Array) return { ...integer, internal: gl.R16I, type: gl.SHORT };
  if (data instanceof Int32Array) return { ...integer, internal: gl.R32I, type: gl.INT };
  return { sampler: 'sampler2DArray', internal: gl.R32F, format: gl.RED, type: gl.FLOAT };
}

/** The bands of a look, one a layer: a chip of many bands costs no more than what is shown of it. */
export function bandTexture(gl: WebGL2RenderingContext, pixels: ChipPixels, bands: readonly number[]): WebGLTexture {
  const { cols, rows, data } = pixels;
  const { internal, format, type } = formatOf(gl, data);
  const texture = newTexture(gl, gl.TEXTURE_2D_ARRAY);
  gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, internal, cols, rows, Math.max(1, bands.length));
  bands.forEach((band, layer) => {
    const stored = data.subarray(band * rows * cols, (band + 1) * rows * cols);
    const plane = type === gl.FLOAT && !(stored instanceof Float32Array) ? Float32Array.from(stored, Number) : stored;
    gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, layer, cols, rows, 1, format, type, plane);
  });
  return texture;
}

export function maskTexture(gl: WebGL2RenderingContext, mask: MaskPixels): WebGLTexture {
  const texture = newTexture(gl, gl.TEXTURE_2D_ARRAY);
  const { cols, rows, data } = mask;
  gl.texImage3D(gl.TEXTURE_2D_ARRAY, 0, gl.R8UI, cols, rows, 3, 0, gl.RED_INTEGER, gl.UNSIGNED_BYTE, data);
  return texture;
}

export function validTexture(gl: WebGL2RenderingContext, pixels: ChipPixels): WebGLTexture {
  const texture = newTexture(gl, gl.TEXTURE_2D);
  const [cols, rows, data] = pixels.valid ? [pixels.cols, pixels.rows, pixels.valid] : [1, 1, new Uint8Array([1])];
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8UI, cols, rows, 0, gl.RED_INTEGER, gl.UNSIGNED_BYTE, data);
  return texture;
}

/** Colours of the size of a chip, to be drawn into. */
export function targetTexture(gl: WebGL2RenderingContext, cols: number, rows: number): WebGLTexture {
  const side = gl.getParameter(gl.MAX_TEXTURE_SIZE) as number;
  if (cols > side || rows > side)
    throw new CanvasError(`${cols} x ${rows} pixels are more than this graphics card draws (${side} x ${side})`);
  const texture = newTexture(gl, gl.TEXTURE_2D);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, cols, rows, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
  return texture;
}

/** Draws over the whole of a texture; afterwards the canvas is drawn on again. */
export function drawInto(
  gl: WebGL2RenderingContext,
  frame: WebGLFramebuffer,
  target: WebGLTexture,
  cols: number,
  rows: number,
  prepare: () => void,
): void {
  gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, target, 0);
  gl.viewport(0, 0, cols, rows);
  prepare();
  gl.drawArrays(gl.TRIANGLES, 0, 3);
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  gl.viewport(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight);
}

/** Makes the halved, quartered ... pictures of a texture. */
export function smaller(gl: WebGL2RenderingContext, texture: WebGLTexture): void {
  gl.activeTexture(gl.TEXTURE0);
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.generateMipmap(gl.TEXTURE_2D);
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
