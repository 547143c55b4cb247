/**
 * The shaders of a chip. Two of them run at the chip's own size, and only when what they draw changes: one turns bands
 * into colours, one paints a mask. The third enlarges both to the screen, at every change of the view.
 */

import { GLSL_HELPERS, toGlsl, type Expression } from './expression';

export const MAX_SLOTS = 16;

export const VERTEX = /* glsl */ `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

const HEAD = /* glsl */ `#version 300 es
precision highp float;
precision highp int;
`;

export type Sampler = 'usampler2DArray' | 'isampler2DArray' | 'sampler2DArray';

/** Bands that the channels need, in slots; a slot is a layer of the texture that holds these bands and no others. */
export function slotsOf(channels: readonly Expression[]): number[] {
  const slots = [...new Set(channels.flatMap((channel) => channel.bands))];
  if (slots.length > MAX_SLOTS) throw new RangeError(`a view may use ${MAX_SLOTS} bands at once, not ${slots.length}`);
  return slots;
}

/** Light in CIE Lab with its lightness held at 100, then gamma 2.2: what views/lab.py does with NumPy. */
const LAB = /* glsl */ `
const mat3 TO_XYZ = mat3(0.4124564, 0.2126729, 0.0193339, 0.3575761, 0.7151522, 0.1191920, 0.1804375, 0.0721750, 0.9503041);
const vec3 WHITE = vec3(0.95047, 1.0000001, 1.08883);
vec3 toned(vec3 light) {
  vec3 xyz = TO_XYZ * max(light, 0.0) / WHITE;
  vec3 f = mix((903.2963 * xyz + 16.0) / 116.0, pow(max(xyz, 1e-9), vec3(1.0 / 3.0)), greaterThan(xyz, vec3(0.008856452)));
  float lightness = 116.0 * f.y - 16.0;
  float held = min(1.0, 100.0 / max(lightness, 1e-6));
  float y = (min(lightness, 100.0) + 16.0) / 116.0;
  f = vec3(y + (f.x - f.y) * held, y, y + (f.z - f.y) * held);
  vec3 cube = f * f * f;
  xyz = mix((116.0 * f - 16.0) / 903.2963, cube, greaterThan(cube, vec3(0.008856452))) * WHITE;
  return pow(clamp(inverse(TO_XYZ) * xyz, 0.0, 1.0), vec3(1.0 / 2.2));
}`;

/** Bands into colours, premultiplied; nothing where a pixel has no data. All band mixes share one program. */
export function colourShader(channels: readonly Expression[], sampler: Sampler, lab = false): string {
  const slots = slotsOf(channels);
  const lines = channels.map((channel) => toGlsl(channel.root, (band) => `b[${slots.indexOf(band)}]`));
  const one = channels.length === 1;
  return `${HEAD}
uniform highp ${sampler} uBands;
uniform highp usampler2D uValid;
uniform highp sampler2D uRamp;
uniform float uScale[${MAX_SLOTS}];
uniform float uOffset[${MAX_SLOTS}];
uniform float uNodata[${MAX_SLOTS}];
uniform int uHasNodata[${MAX_SLOTS}];
uniform bool uHasValid;
uniform vec3 uLow;
uniform vec3 uWidth;
uniform bool uInvert;
uniform float uGamma, uBrightness, uContrast, uSaturation;
out vec4 colour;
${GLSL_HELPERS}
float band(ivec2 cell, int slot) {
  float stored = float(texelFetch(uBands, ivec3(cell, slot), 0).r);
  bool number = (floatBitsToUint(stored) & 0x7f800000u) != 0x7f800000u;
  if (!number || (uHasNodata[slot] != 0 && stored == uNodata[slot])) bad = true;
  return stored * uScale[slot] + uOffset[slot];
}

${lab ? LAB : ''}
vec3 adjusted(vec3 t) {
  t = clamp(t, 0.0, 1.0);
  if (uInvert) t = 1.0 - t;
  if (uGamma != 1.0) t = pow(t, vec3(uGamma));
  return clamp((t - 0.5) * uContrast + 0.5 + uBrightness, 0.0, 1.0);
}

void main() {
  ivec2 cell = ivec2(gl_FragCoord.xy);
  bad = uHasValid && texelFetch(uValid, cell, 0).r == 0u;
  float b[${Math.max(1, slots.length)}];
  ${slots.length ? slots.map((_, i) => `b[${i}] = band(cell, ${i});`).join('\n  ') : 'b[0] = 0.0;'}
  vec3 value = ${one ? `vec3(${lines[0]})` : `vec3(${lines.join(', ')})`};
  if (bad) { colour = vec4(0.0); return; }
  vec3 t = adjusted(${lab ? 'toned' : ''}((value - uLow) / uWidth));
  ${
    one
      ? 'colour = vec4(texelFetch(uRamp, ivec2(int(t.r * 255.0 + 0.5), 0), 0).rgb, 1.0);'
      : `float grey = dot(t, vec3(0.2126, 0.7152, 0.0722));
  colour = vec4(clamp(mix(vec3(grey), t, uSaturation), 0.0, 1.0), 1.0);`
  }
}`;
}

/**
 * What lies over the picture: the colours of whole areas; or of the pixels along a rim; or colours whose alpha tells by
 * its bits on which of eight sides another class begins, so that a rim can be drawn as thin as the screen allows.
 */
export type Painting = 'none' | 'area' | 'edge' | 'sides';

export function maskShader(painting: Painting): string {
  const sides = painting !== 'area';
  return `${HEAD}
uniform highp usampler2DArray uMask;
uniform highp sampler2D uClasses;
uniform int uPlane;          // of the mask: 0 class, 1 origin, 2 confidence
uniform ivec2 uSize;
out vec4 colour;
uint code(ivec2 cell) { return texelFetch(uMask, ivec3(cell, 0), 0).r; }

int differs(ivec2 cell, ivec2 by, uint mine, int bit) {
  ivec2 there = cell + by;
  if (any(lessThan(there, ivec2(0))) || any(greaterThanEqual(there, uSize))) return 0;
  return code(there) != mine ? bit : 0;
}

void main() {
  ivec2 cell = ivec2(gl_FragCoord.xy);
  uint mine = code(cell);
  vec4 paint = texelFetch(uClasses, ivec2(int(texelFetch(uMask, ivec3(cell, uPlane), 0).r), 0), 0);
  if (mine == 255u || paint.a == 0.0) { colour = vec4(0.0); return; }
  ${
    sides
      ? `int bits = differs(cell, ivec2(-1, 0), mine, 1) | differs(cell, ivec2(1, 0), mine, 2)
    | differs(cell, ivec2(0, -1), mine, 4) | differs(cell, ivec2(0, 1), mine, 8)
    | differs(cell, ivec2(-1, -1), mine, 16) | differs(cell, ivec2(1, -1), mine, 32)
    | differs(cell, ivec2(-1, 1), mine, 64) | differs(cell, ivec2(1, 1), mine, 128);`
      : ''
  }
  ${
    painting === 'sides'
      ? 'colour = vec4(paint.rgb, float(bits) / 255.0);'
      : `colour = ${painting === 'edge' ? 'bits == 0 ? vec4(0.0) : ' : ''}vec4(paint.rgb * paint.a, paint.a);`
  }
}`;
}

/** How a picture is made larger (each pixel a square, or a curve through its neighbours) or smaller. */
export type Resampling = 'nearest' | 'bicubic' | 'mean';

export interface Screen {
  resampling: Resampling;
  painting: Painting;
  grid: boolean;
  cursor: boolean;
  /** Pixels around the chip are in the picture too, and dimmed. */
  wide?: boolean;
}

const SEEN: Record<Resampling, string> = {
  nearest: 'texelFetch(uImage, there, 0)',
  bicubic: 'cubic(place + uShift)',
  mean: 'textureLod(uImage, (place + uShift) / vec2(uWide), uLevel)',
};

/** Catmull-Rom through sixteen neighbours, read as nine (Sigg, Hadwiger 2005); it overshoots no colour. */
const CUBIC = /* glsl */ `
vec4 cubic(vec2 at) {
  vec2 size = vec2(uWide);
  vec2 mid = floor(at - 0.5) + 0.5, t = at - mid;
  vec2 a = t * (-0.5 + t * (1.0 - 0.5 * t)), b = 1.0 + t * t * (-2.5 + 1.5 * t);
  vec2 c = t * (0.5 + t * (2.0 - 1.5 * t)), d = t * t * (-0.5 + 0.5 * t), bc = b + c;
  vec2 p0 = (mid - 1.0) / size, p1 = (mid + c / bc) / size, p2 = (mid + 2.0) / size;
  vec4 sum = texture(uImage, vec2(p0.x, p0.y)) * a.x * a.y + texture(uImage, vec2(p1.x, p0.y)) * bc.x * a.y
    + texture(uImage, vec2(p2.x, p0.y)) * d.x * a.y + texture(uImage, vec2(p0.x, p1.y)) * a.x * bc.y
    + texture(uImage, vec2(p1.x, p1.y)) * bc.x * bc.y + texture(uImage, vec2(p2.x, p1.y)) * d.x * bc.y
    + texture(uImage, vec2(p0.x, p2.y)) * a.x * d.y + texture(uImage, vec2(p1.x, p2.y)) * bc.x * d.y
    + texture(uImage, vec2(p2.x, p2.y)) * d.x * d.y;
  sum.a = clamp(sum.a, 0.0, 1.0);
  return vec4(clamp(sum.rgb, vec3(0.0), vec3(sum.a)), sum.a);
}`;

/** Around the chip: darker or paler, with a line along its edge. */
const AROUND = /* glsl */ `
  vec2 far = max(-place, place - vec2(uSize));
  float beyond = max(far.x, far.y);
  if (beyond > 0.0) {
    rgb = mix(rgb, uCheckerA, 0.55);
    if (beyond < uStep * uRatio * 1.5) rgb = uEdge;
  }`;

const FLAT = /* glsl */ `
  float alpha = paint.a * uOpacity;
  seen = paint * uOpacity + seen * (1.0 - alpha);`;

/** Within two CSS pixels of the nearest sides on which another class begins, and of the corner between them. */
const RIM = /* glsl */ `
  if (paint.a > 0.0) {
    bvec2 after = greaterThanEqual(within, vec2(0.5));
    bvec2 near = lessThan(min(within, 1.0 - within), vec2(2.0 * uRatio * uStep));
    int bits = int(paint.a * 255.0 + 0.5), side = (after.x ? 1 : 0) + (after.y ? 2 : 0);
    int wanted = (near.x ? 1 << (side & 1) : 0) | (near.y ? 4 << (side >> 1) : 0) | (near.x && near.y ? 16 << side : 0);
    if ((bits & wanted) != 0) seen = vec4(paint.rgb * uOpacity, uOpacity) + seen * (1.0 - uOpacity);
  }`;

const GRID = /* glsl */ `
  float line = uStep * uRatio;
  if (within.x < line || within.y < line) {
    float bright = dot(rgb, vec3(0.2126, 0.7152, 0.0722));
    rgb = mix(rgb, vec3(bright > 0.55 ? 0.0 : 1.0), uGrid * seen.a);
  }`;

/** The rim of the marked pixel; it never becomes smaller than eight CSS pixels. */
const CURSOR = /* glsl */ `
  vec2 off = abs(place - vec2(uCursor) - 0.5);
  float inside = (max(0.5, 4.0 * uRatio * uStep) - max(off.x, off.y)) / uStep;
  if (inside > 0.0 && inside < 2.5 * uRatio) rgb = vec3(inside < uRatio ? 0.0 : 1.0);`;

/** Parts that a view does not need are left out: software GL pays for all of them. */
export function screenShader({ resampling, painting, grid, cursor, wide = false }: Screen): string {
  const paint =
    resampling === 'mean' ? 'textureLod(uPaint, place / vec2(uSize), uLevel)' : 'texelFetch(uPaint, cell, 0)';
  return `${HEAD}
uniform highp sampler2D uImage, uPaint;
uniform ivec2 uSize;         // columns, rows of the chip
uniform ivec2 uWide;         // of the picture: the chip, or what is around it too
uniform vec2 uShift;         // place of the chip in the picture
uniform float uHeight;       // device pixels
uniform vec2 uOrigin;        // place of the image in the corner of the canvas
uniform float uStep;         // pixels of the image for one device pixel
uniform float uRatio;        // device pixels for one CSS pixel
uniform float uLevel;        // of the smaller pictures of the image
uniform float uOpacity;
uniform float uGrid;         // strength of the lines between pixels
uniform ivec2 uCursor;
uniform vec3 uCheckerA, uCheckerB, uEdge;
out vec4 colour;
${resampling === 'bicubic' ? CUBIC : ''}
void main() {
  vec2 screen = vec2(gl_FragCoord.x, uHeight - gl_FragCoord.y);
  vec2 place = uOrigin + screen * uStep;
  ivec2 cell = clamp(ivec2(floor(place)), ivec2(0), uSize - 1);
  ivec2 there = clamp(ivec2(floor(place + uShift)), ivec2(0), uWide - 1);
  vec2 within = place - floor(place);
  bool onChip = all(greaterThanEqual(place, vec2(0.0))) && all(lessThan(place, vec2(uSize)));
  vec4 seen = ${SEEN[resampling]};
  ${painting === 'none' ? '' : `if (onChip) { vec4 paint = ${paint};${painting === 'sides' ? RIM : FLAT} }`}
  vec3 rgb = seen.rgb;
  if (seen.a < 1.0) {
    ivec2 square = ivec2(screen / (8.0 * uRatio));
    rgb += (((square.x + square.y) & 1) == 0 ? uCheckerA : uCheckerB) * (1.0 - seen.a);
  }
  ${grid ? GRID : ''}
  ${wide ? AROUND : ''}
  ${cursor ? CURSOR : ''}
  colour = vec4(rgb, 1.0);
}`;
}
