/** The shader of a chip: made for the shape of its expressions, so that all band mixes share one program. */

import { GLSL_HELPERS, toGlsl, type Expression } from './expression';

export const MAX_SLOTS = 16;

export const VERTEX = /* glsl */ `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

export type Sampler = 'usampler2DArray' | 'isampler2DArray' | 'sampler2DArray';

/** Bands that the channels need, in slots; a slot is a variable of the shader, filled with a band by uniforms. */
export function slotsOf(channels: readonly Expression[]): number[] {
  const slots = [...new Set(channels.flatMap((channel) => channel.bands))];
  if (slots.length > MAX_SLOTS) throw new RangeError(`a view may use ${MAX_SLOTS} bands at once, not ${slots.length}`);
  return slots;
}

const OVERLAID = /* glsl */ `
uint code(ivec2 cell) { return texelFetch(uMask, ivec3(cell, 0), 0).r; }

vec4 painted(ivec2 cell, vec4 below) {
  vec4 paint = texelFetch(uClasses, ivec2(int(texelFetch(uMask, ivec3(cell, uPlane), 0).r), 0), 0);
  float alpha = paint.a * uOpacity;
  return vec4(paint.rgb * alpha + below.rgb * (1.0 - alpha), alpha + below.a * (1.0 - alpha));
}`;

const PAINTING: Record<Painting, string> = {
  none: 'vec4 overlaid(ivec2 cell, vec2 place, vec4 below) { return below; }',
  area: `${OVERLAID}
vec4 overlaid(ivec2 cell, vec2 place, vec4 below) { return code(cell) == 255u ? below : painted(cell, below); }`,
  rim: `${OVERLAID}
bool other(ivec2 cell, ivec2 by, uint mine) {
  ivec2 there = cell + by;
  if (any(lessThan(there, ivec2(0))) || any(greaterThanEqual(there, uSize))) return false;
  return code(there) != mine;
}

/* Within two CSS pixels of the rim of the area of its class: the nearest sides, and the corner between them. */
vec4 overlaid(ivec2 cell, vec2 place, vec4 below) {
  uint mine = code(cell);
  if (mine == 255u) return below;
  float reach = 2.0 * uRatio * uStep;
  vec2 within = place - vec2(cell);
  ivec2 side = ivec2(within.x < 0.5 ? -1 : 1, within.y < 0.5 ? -1 : 1);
  vec2 far = min(within, 1.0 - within);
  bool x = far.x < reach, y = far.y < reach;
  bool rim = (x && other(cell, ivec2(side.x, 0), mine)) || (y && other(cell, ivec2(0, side.y), mine))
    || (x && y && other(cell, side, mine));
  return rim ? painted(cell, below) : below;
}`,
};

const RESAMPLING: Record<Resampling, string> = {
  nearest: /* glsl */ `
vec4 resampled(vec2 place) {
  ivec2 cell = ivec2(place);
  return overlaid(cell, place, shown(cell));
}`,
  bilinear: /* glsl */ `
vec4 resampled(vec2 place) {
  vec2 at = place - 0.5;
  vec2 part = fract(at);
  ivec2 low = ivec2(floor(at)), most = uSize - 1;
  vec4 a = shown(clamp(low, ivec2(0), most)), b = shown(clamp(low + ivec2(1, 0), ivec2(0), most));
  vec4 c = shown(clamp(low + ivec2(0, 1), ivec2(0), most)), d = shown(clamp(low + 1, ivec2(0), most));
  return overlaid(ivec2(place), place, mix(mix(a, b, part.x), mix(c, d, part.x), part.y));
}`,
  // smaller than it is, a picture is the mean of the pixels under each device pixel
  mean: /* glsl */ `
vec4 resampled(vec2 place) {
  int n = int(clamp(ceil(uStep), 2.0, 4.0));
  vec4 sum = vec4(0.0);
  for (int i = 0; i < n; i++)
    for (int j = 0; j < n; j++) {
      vec2 there = place + ((vec2(i, j) + 0.5) / float(n) - 0.5) * uStep;
      ivec2 cell = clamp(ivec2(floor(there)), ivec2(0), uSize - 1);
      sum += overlaid(cell, there, shown(cell));
    }
  return sum / float(n * n);
}`,
};

/** How a picture is made larger or smaller. */
export type Resampling = 'nearest' | 'bilinear' | 'mean';
/** Whether and how a mask is painted over it: whole areas (class, origin, confidence) or their rims. */
export type Painting = 'none' | 'area' | 'rim';

/** Parts that a view does not need are left out: software GL runs both sides of a branch. */
export function fragmentShader(
  channels: readonly Expression[],
  sampler: Sampler,
  resampling: Resampling = 'nearest',
  painting: Painting = 'none',
): string {
  const slots = slotsOf(channels);
  const lines = channels.map((channel) => toGlsl(channel.root, (band) => `b[${slots.indexOf(band)}]`));
  const one = channels.length === 1;
  return `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2DArray;
precision highp isampler2DArray;
precision highp usampler2DArray;
uniform highp ${sampler} uBands;
uniform highp usampler2D uValid;
uniform highp usampler2DArray uMask;
uniform sampler2D uRamp;
uniform sampler2D uClasses;
uniform ivec2 uSize;         // of the image: columns, rows
uniform float uHeight;       // of the canvas, device pixels
uniform vec2 uOrigin;        // place of the image at the canvas's top left corner
uniform float uStep;         // pixels of the image for one device pixel
uniform float uRatio;        // device pixels for one CSS pixel
uniform bool uHasValid;
uniform int uBand[${MAX_SLOTS}];
uniform float uScale[${MAX_SLOTS}];
uniform float uOffset[${MAX_SLOTS}];
uniform float uNodata[${MAX_SLOTS}];
uniform bool uHasNodata[${MAX_SLOTS}];
uniform vec3 uLow;
uniform vec3 uWidth;
uniform float uGamma;        // exponent: 1 / gamma
uniform float uBrightness;
uniform float uContrast;
uniform float uSaturation;
uniform bool uInvert;
uniform int uPlane;          // of the mask: 0 class, 1 origin, 2 confidence
uniform float uOpacity;
uniform float uGrid;         // strength of the lines between pixels
uniform ivec2 uCursor;
uniform vec3 uCheckerA;
uniform vec3 uCheckerB;
out vec4 colour;
${GLSL_HELPERS}
float band(ivec2 cell, int slot) {
  float stored = float(texelFetch(uBands, ivec3(cell, uBand[slot]), 0).r);
  bool number = (floatBitsToUint(stored) & 0x7f800000u) != 0x7f800000u;
  if (!number || (uHasNodata[slot] && stored == uNodata[slot])) bad = true;
  return stored * uScale[slot] + uOffset[slot];
}

vec3 adjusted(vec3 t) {
  t = clamp(t, 0.0, 1.0);
  if (uInvert) t = 1.0 - t;
  if (uGamma != 1.0) t = pow(t, vec3(uGamma));
  return clamp((t - 0.5) * uContrast + 0.5 + uBrightness, 0.0, 1.0);
}

/* The colour of a pixel, premultiplied; nothing where it has no data. */
vec4 shown(ivec2 cell) {
  bad = uHasValid && texelFetch(uValid, cell, 0).r == 0u;
  float b[${Math.max(1, slots.length)}];
  ${slots.length ? slots.map((_, i) => `b[${i}] = band(cell, ${i});`).join('\n  ') : 'b[0] = 0.0;'}
  vec3 value = ${one ? `vec3(${lines[0]})` : `vec3(${lines.join(', ')})`};
  if (bad) return vec4(0.0);
  vec3 t = adjusted((value - uLow) / uWidth);
  ${
    one
      ? 'return vec4(texelFetch(uRamp, ivec2(int(t.r * 255.0 + 0.5), 0), 0).rgb, 1.0);'
      : `float grey = dot(t, vec3(0.2126, 0.7152, 0.0722));
  return vec4(clamp(mix(vec3(grey), t, uSaturation), 0.0, 1.0), 1.0);`
  }
}

${PAINTING[painting]}
${RESAMPLING[resampling]}
void main() {
  vec2 screen = vec2(gl_FragCoord.x, uHeight - gl_FragCoord.y);
  vec2 place = uOrigin + screen * uStep;
  if (any(lessThan(place, vec2(0.0))) || any(greaterThanEqual(place, vec2(uSize)))) { colour = vec4(0.0); return; }
  vec4 seen = resampled(place);
  vec2 square = floor(screen / (8.0 * uRatio));
  vec3 behind = mod(square.x + square.y, 2.0) < 0.5 ? uCheckerA : uCheckerB;
  vec3 rgb = seen.rgb + behind * (1.0 - seen.a);
  vec2 within = fract(place);
  float line = uStep * uRatio;
  if (uGrid > 0.0 && (within.x < line || within.y < line)) {
    float bright = dot(rgb, vec3(0.2126, 0.7152, 0.0722));
    rgb = mix(rgb, vec3(bright > 0.55 ? 0.0 : 1.0), uGrid);
  }
  ivec2 cell = ivec2(floor(place));
  if (cell == uCursor && uStep < 0.34) {
    float rim = min(min(within.x, 1.0 - within.x), min(within.y, 1.0 - within.y)) / uStep;
    if (rim < 1.0 * uRatio) rgb = vec3(0.0);
    else if (rim < 2.5 * uRatio) rgb = vec3(1.0);
  }
  colour = vec4(rgb, 1.0);
}`;
}
