import { expect, it } from 'vitest';
import type { BandInfo } from '../lib/types';
import { conversion, cqlText, crsName, figure, pixelSize, wavelength } from './words';

const band = (over: Partial<BandInfo>): BandInfo =>
  ({ name: 'b', scale: 1, offset: 0, center_wavelength: null, ...over }) as BandInfo;

it('names a CRS', () => {
  expect(crsName('EPSG:32632')).toBe('EPSG:32632');
  expect(crsName(null)).toBe('none');
  expect(crsName('PROJCRS["NAD83 / North Carolina",BASEGEOGCRS["NAD83"]]')).toBe('NAD83 / North Carolina');
  expect(crsName('PROJCRS["unnamed",CONVERSION["x",METHOD["Lambert Conic Conformal (2SP)"]]]')).toBe(
    'Lambert Conic Conformal (2SP), without a name',
  );
});

it('writes wavelengths, conversions, sizes', () => {
  expect(wavelength(band({ center_wavelength: 0.4924 }))).toBe('492 nm');
  expect(wavelength(band({ center_wavelength: 1.61 }))).toBe('1.61 µm');
  expect(wavelength(band({}))).toBe('');
  expect(conversion(band({ scale: 0.0001, offset: -0.1 }))).toBe('stored × 0.0001 − 0.1');
  expect(conversion(band({ offset: 2 }))).toBe('stored + 2');
  expect(conversion(band({}))).toBe('');
  expect(pixelSize(0.3)).toBe('30 cm');
  expect(pixelSize(28.5026)).toBe('28.5 m');
  expect(figure(0.000012)).toBe('1.20e-5');
});

it('puts text in quotes for CQL2', () => {
  expect(cqlText("it's")).toBe("'it''s'");
});
