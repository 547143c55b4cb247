import { describe, expect, it } from 'vitest';
import { findOption, groupsOf, isSingle, layerSaid, layerText, slug, type Offer } from './layers';

const layer = (name: string, group: 'composite' | 'band' | 'own' | 'radar', bands: string[]) => ({
  name,
  title: name,
  bands,
  group,
  formulas: bands,
  ranges: [],
  ramp: null,
  stretch: 'scene' as const,
  lab: false,
});
const offer: Offer = {
  bands: [{ name: 'B04', common_name: 'red' }, { name: 'B08', common_name: 'nir' }],
  layers: [layer('natural', 'composite', ['a', 'b', 'c']), layer('B04', 'band', ['B04']), layer('mine', 'own', ['B04 * 2'])],
  indices: [{ name: 'NDVI', title: 'Vegetation', formula: '(nir - red) / (nir + red)', bands: [], ramp: [], low: -1, high: 1 }],
}; // prettier-ignore

describe('layers', () => {
  it('come in groups, empty ones left out', () => {
    expect(groupsOf(offer).map((group) => group.title)).toEqual(['Composites', 'Indices', 'Own views', 'Bands']);
    expect(findOption(groupsOf(offer), 'NDVI')?.single).toBe(true);
    expect(findOption(groupsOf(offer), 'natural')?.single).toBe(false);
    expect(findOption(groupsOf(offer), 'mine')?.note).toBe('B04 * 2');
    expect(findOption(groupsOf(offer), 'B04')?.note).toBe('');
  });

  it.each([
    [{ name: 'natural', ramp: null, stretch: 'scene' as const }, 'natural'],
    [{ name: 'NDVI', ramp: 'viridis', stretch: 'chip' as const }, 'NDVI@ramp=viridis@stretch=chip'],
    [{ name: '=nir / "a@b"', ramp: 'magma', stretch: 'scene' as const }, '=nir / "a@b"@ramp=magma'],
  ])('%j is %s, and back', (said, text) => {
    expect(layerText(said)).toBe(text);
    expect(layerSaid(text)).toEqual(said);
  });

  it('knows formulas of one value', () => {
    expect(isSingle('nir / red', offer.bands)).toBe(true);
    expect(isSingle('nir; red; red', offer.bands)).toBe(false);
    expect(isSingle('nir /', offer.bands)).toBe(true);
  });

  it('makes a name of a title', () => {
    expect(slug('Wet soil, 2nd try')).toBe('Wet-soil-2nd-try');
    expect(slug('Überschwemmung!')).toBe('U-berschwemmung');
  });
});
