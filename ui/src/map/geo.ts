/** Boxes, places and how they are written. */

export type Box = [west: number, south: number, east: number, north: number];

/** The box around all boxes, or null where there are none. */
export function union(boxes: readonly (readonly number[])[]): Box | null {
  let out: Box | null = null;
  for (const [w, s, e, n] of boxes) {
    if (![w, s, e, n].every(Number.isFinite)) continue;
    out = out
      ? [Math.min(out[0], w!), Math.min(out[1], s!), Math.max(out[2], e!), Math.max(out[3], n!)]
      : [w!, s!, e!, n!];
  }
  return out;
}

export function intersects(a: readonly number[], b: readonly number[]): boolean {
  return a[0]! <= b[2]! && b[0]! <= a[2]! && a[1]! <= b[3]! && b[1]! <= a[3]!;
}

export function contains(outer: readonly number[], inner: readonly number[]): boolean {
  return outer[0]! <= inner[0]! && outer[1]! <= inner[1]! && outer[2]! >= inner[2]! && outer[3]! >= inner[3]!;
}

/** Share of `a` that lies in `b`, by area in degrees. */
export function share(a: readonly number[], b: readonly number[]): number {
  const width = Math.min(a[2]!, b[2]!) - Math.max(a[0]!, b[0]!);
  const height = Math.min(a[3]!, b[3]!) - Math.max(a[1]!, b[1]!);
  if (width < 0 || height < 0) return 0;
  const whole = (a[2]! - a[0]!) * (a[3]! - a[1]!);
  return whole > 0 ? (width * height) / whole : 1;
}

/** A box grown on every side by a share of its size, so that a small move needs no new answer. */
export function grown(box: Box, by: number): Box {
  const dx = (box[2] - box[0]) * by;
  const dy = (box[3] - box[1]) * by;
  return [box[0] - dx, Math.max(-90, box[1] - dy), box[2] + dx, Math.min(90, box[3] + dy)];
}

const MERCATOR_LIMIT = 85.051;

/** Zoom (512-pixel tiles) at which a box is `pixels` wide or high, whichever comes first. */
export function zoomWhere(box: readonly number[], pixels: number): number {
  const y = (lat: number): number => {
    const phi = (Math.max(-MERCATOR_LIMIT, Math.min(MERCATOR_LIMIT, lat)) * Math.PI) / 180;
    return Math.log(Math.tan(Math.PI / 4 + phi / 2)) / (2 * Math.PI);
  };
  const size = Math.max((box[2]! - box[0]!) / 360, y(box[3]!) - y(box[1]!), 1e-9);
  return Math.log2(pixels / (512 * size));
}

/** `35.7796° N, 78.6382° W`, with as many digits as the zoom can tell apart. */
export function placeText(lng: number, lat: number, zoom: number): string {
  const digits = Math.max(1, Math.min(6, Math.round(zoom / 3)));
  const wrapped = ((((lng + 180) % 360) + 360) % 360) - 180;
  const one = (value: number, plus: string, minus: string): string =>
    `${Math.abs(value).toFixed(digits)}° ${value < 0 ? minus : plus}`;
  return `${one(lat, 'N', 'S')}, ${one(wrapped, 'E', 'W')}`;
}

export type View = { zoom: number; lat: number; lng: number };

/** The view as the address keeps it: `ZOOM/LAT/LNG`. */
export function viewText(view: View): string {
  const digits = Math.max(2, Math.min(6, Math.ceil(view.zoom / 3) + 1));
  return `${view.zoom.toFixed(2)}/${view.lat.toFixed(digits)}/${view.lng.toFixed(digits)}`;
}

export function parseView(text: string | null): View | null {
  const parts = (text ?? '').split('/').map(Number);
  const [zoom, lat, lng] = parts;
  if (parts.length !== 3 || text === '' || !parts.every(Number.isFinite)) return null;
  if (zoom! < 0 || zoom! > 24 || Math.abs(lat!) > 90 || Math.abs(lng!) > 540) return null;
  return { zoom: zoom!, lat: lat!, lng: lng! };
}

/** A ring that crosses the antimeridian, made whole beyond it: no line across the world. Around a pole it stays. */
export function unwrapRing(ring: readonly number[][]): number[][] {
  let shift = 0;
  const out = ring.map(([x, y], i) => {
    const step = i > 0 ? x! - ring[i - 1]![0]! : 0;
    if (Math.abs(step) > 180 && Math.abs(y!) < 85) shift -= Math.sign(step) * 360;
    return [x! + shift, y!];
  });
  return shift === 0 ? out : ring.map((p) => [...p]);
}
