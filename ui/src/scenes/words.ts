/** How a scene's facts are written. */

import type { BandInfo } from '../lib/types';

/** A CRS for people: its code, or the name inside its WKT, or what projection it is. */
export function crsName(crs: string | null): string {
  if (!crs) return 'none';
  if (!crs.includes('[')) return crs;
  const named = /(?:PROJCRS|PROJCS|GEOGCRS|GEOGCS)\["([^"]+)"/.exec(crs)?.[1];
  if (named && !/^(unnamed|unknown)$/i.test(named)) return named;
  const method = /(?:METHOD|PROJECTION)\["([^"]+)"/.exec(crs)?.[1];
  return method ? `${method.replaceAll('_', ' ')}, without a name` : 'a CRS without a name';
}

/** 0.49 µm, or 490 nm where that is what people say. */
export function wavelength(band: BandInfo): string {
  const value = band.center_wavelength;
  if (value === null || value === undefined) return '';
  return value < 1 ? `${Math.round(value * 1000)} nm` : `${Number(value.toFixed(2))} µm`;
}

/** A number with the digits that matter. */
export function figure(value: number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (value === 0 || Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

/** `stored × 0.0001 - 0.1`, or nothing where stored values are the physical ones. */
export function conversion(band: BandInfo): string {
  if (band.scale === 1 && band.offset === 0) return '';
  const scaled = band.scale === 1 ? 'stored' : `stored × ${figure(band.scale)}`;
  if (band.offset === 0) return scaled;
  return `${scaled} ${band.offset < 0 ? '−' : '+'} ${figure(Math.abs(band.offset))}`;
}

/** Ground that one pixel covers. */
export function pixelSize(metres: number | null): string {
  if (metres === null) return 'unknown';
  if (metres < 0.01) return `${figure(metres * 1000)} mm`;
  return metres < 1 ? `${figure(metres * 100)} cm` : `${Number(metres.toFixed(2))} m`;
}

/** A text of CQL2 in quotes. */
export function cqlText(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
