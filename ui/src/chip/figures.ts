/** Physical values for people: as many figures as mean something, no more. */
export function figure(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(2);
  if (size >= 1000) return String(Number(value.toFixed(digits > 3 && size < 10_000 ? 1 : 0)));
  return String(Number(value.toPrecision(digits)));
}

/** Round values within bounds for an axis, two to four of them, and how they are written: all alike. */
export function roundTicks(low: number, high: number): { value: number; text: string }[] {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return [];
  const power = 10 ** Math.floor(Math.log10(span / 2));
  const step = power * [5, 2, 1].find((times) => power * times * 2 <= span * (1 + 1e-9))!;
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) ticks.push(n * step);
  const large = Math.max(...ticks.map(Math.abs));
  const plain = large < 1e6 && decimals <= 5;
  const text = (value: number): string =>
    plain ? value.toFixed(decimals).replace(/^-(0(\.0+)?)$/, '$1') : value === 0 ? '0' : value.toExponential(1);
  return ticks.map((value) => ({ value, text: text(value) }));
}

/** 35.80612° N, 78.76838° W */
export function degrees(longitude: number, latitude: number): string {
  const part = (value: number, plus: string, minus: string) =>
    `${Math.abs(value).toFixed(5)}° ${value < 0 ? minus : plus}`;
  return `${part(latitude, 'N', 'S')}, ${part(longitude, 'E', 'W')}`;
}

/** Coordinates of a CRS in metres to a tenth, in degrees to a metre or so. */
export function coordinate(value: number, geographic: boolean): string {
  return geographic ? value.toFixed(6) : value.toFixed(1).replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
}

/** What a CRS is called: `EPSG:32617`, or the name in its WKT. */
export function crsName(crs: string | null | undefined): string | null {
  if (!crs) return null;
  if (/^[A-Z]+:\d+$/i.test(crs)) return crs.toUpperCase();
  const names = [...crs.matchAll(/[A-Z]+CRS\["([^"]*)"/g)].map((match) => match[1]!);
  const named = names.find((name) => name && name !== 'unnamed') ?? /\["([^"]+)"/.exec(crs)?.[1];
  const method = /METHOD\["([^"]+)"/.exec(crs)?.[1];
  if (named && !names.includes('unnamed')) return named;
  return method ?? named ?? 'custom CRS';
}

/** Whether coordinates of a CRS are degrees. */
export function isGeographic(crs: string | null | undefined): boolean {
  if (!crs) return false;
  return (
    /^(EPSG:4326|OGC:CRS84|EPSG:4979|EPSG:4258|EPSG:4269)$/i.test(crs) ||
    (/^(BOUNDCRS\[SOURCECRS\[)?GEOG/.test(crs) && !/PROJCRS|PROJCS/.test(crs))
  );
}

/** What an index is about: nearly all are called Normalized Difference ... Index. */
export function shortTitle(title: string): string {
  const short = title
    .replace(/\b(normali[sz]ed|difference|index)\b/gi, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return short || title;
}
