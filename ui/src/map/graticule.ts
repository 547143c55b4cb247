/** Lines of latitude and longitude for the view, and what to write beside them. */

import type { Feature, MultiLineString } from 'geojson';
import type { Box } from './geo';

const STEPS = [
  90, 45, 30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001,
];

/** The finest step with at most `lines` lines across the view. */
export function stepFor(box: Box, lines = 9): number {
  const span = Math.max(box[2] - box[0], box[3] - box[1]);
  let best = STEPS[0]!;
  for (const step of STEPS) {
    if (span / step > lines) break;
    best = step;
  }
  return best;
}

function multiples(low: number, high: number, step: number): number[] {
  const out: number[] = [];
  for (let n = Math.ceil(low / step); n * step <= high; n++) out.push(Number((n * step).toFixed(6)));
  return out;
}

export type Graticule = { step: number; lngs: number[]; lats: number[]; lines: Feature<MultiLineString> };

export function graticule(box: Box): Graticule {
  const step = stepFor(box);
  const [w, s, e, n] = box;
  const low = Math.max(-85, s - step);
  const high = Math.min(85, n + step);
  const lngs = multiples(w - step, e + step, step);
  const lats = multiples(low, high, step);
  const coordinates = [
    ...lngs.map((x) => [
      [x, low],
      [x, high],
    ]),
    ...lats.map((y) => [
      [w - step, y],
      [e + step, y],
    ]),
  ];
  return {
    step,
    lngs,
    lats,
    lines: { type: 'Feature', properties: {}, geometry: { type: 'MultiLineString', coordinates } },
  };
}

/** `78.6° W`; as many digits as the step needs. */
export function degreeText(value: number, step: number, axis: 'lng' | 'lat'): string {
  const digits = step >= 1 ? 0 : Math.ceil(-Math.log10(step) - 1e-9);
  const wrapped = axis === 'lng' ? ((((value + 180) % 360) + 360) % 360) - 180 : value;
  const letters = axis === 'lng' ? ['E', 'W'] : ['N', 'S'];
  const letter = wrapped === 0 ? '' : ` ${wrapped < 0 ? letters[1] : letters[0]}`;
  return `${Math.abs(wrapped).toFixed(digits)}°${letter}`;
}
