import { describe, expect, it } from 'vitest';
import { ChipPixels, ExpressionError, parseExpression } from '../canvas';
import {
  channelsOf,
  defaultChoice,
  fromWords,
  gammaOf,
  isLab,
  rampFor,
  rangesFor,
  sceneRange,
  statedRanges,
  stretchOf,
  suitingRamp,
  toWords,
  type Choice,
  type Seen,
} from './choice';

const band = (name: string, common_name: string, low: number | null, high: number | null) => ({
  name,
  common_name,
  scale: 1,
  offset: 0,
  nodata: null,
  low,
  high,
});
const seen: Seen = {
  bands: [
    band('B02', 'blue', 0, 10),
    band('B03', 'green', 1, 11),
    band('B04', 'red', 2, 12),
    band('x, y', 'nir', null, null),
  ],
  layers: [
    { name: 'natural', title: 'Natural colour', bands: ['B04', 'B03', 'B02'] },
    { name: 'nir', title: 'Near infrared', bands: ['x, y'] },
  ],
  indices: [{ name: 'NGRDI', title: 'Green red', formula: '(B03 - B04) / (B03 + B04)', bands: ['B03', 'B04'] }],
};
const data = Float32Array.from({ length: 4 * 101 }, (_, i) => i % 101);
const pixels = new ChipPixels({ dtype: 'f4', shape: [4, 1, 101], data }, seen.bands);

function roundTrip(choice: Choice): Choice {
  const words = Object.entries(toWords(choice, seen)).filter((p): p is [string, string] => p[1] !== null);
  return fromWords(new URLSearchParams(words), seen);
}

describe('address', () => {
  it('says nothing of what is as by default', () => {
    expect(Object.values(toWords(defaultChoice(seen), seen)).every((word) => word === null)).toBe(true);
    expect(fromWords(new URLSearchParams(), seen)).toEqual(defaultChoice(seen));
  });

  const plain = defaultChoice(seen);
  it.each<[string, Partial<Choice>]>([
    ['a layer', { source: { kind: 'layer', name: 'nir' } }],
    ['an index', { source: { kind: 'index', name: 'NGRDI' }, ramp: 'turbo' }],
    ['a mix with odd names', { source: { kind: 'mix', bands: ['x, y', 'B02', 'B02'] } }],
    ['one band', { source: { kind: 'mix', bands: ['B03'] } }],
    ['three formulas', { source: { kind: 'formula', text: 'B02; B03; B04' } }],
    ['a formula', { source: { kind: 'formula', text: 'B02 + 2 * "x, y" & #?' } }],
    ['the stretch of the chip', { stretch: 'chip' }],
    [
      'its own stretch',
      {
        stretch: 'manual',
        ranges: [
          { low: -0.5, high: 1e-5 },
          { low: 3, high: 2 },
          { low: 0, high: 9 },
        ],
      },
    ],
    [
      'colours',
      { adjust: { gamma: 0.8, brightness: -0.1, contrast: 1.25, saturation: 0, invert: true }, smooth: false },
    ],
    ['an overlay', { overlay: 'outline', opacity: 0.85, hidden: [0, 7] }],
  ])('keeps %s', (_, part) => expect(roundTrip({ ...plain, ...part })).toEqual({ ...plain, ...part }));

  it.each([
    'layer=none',
    'index=none',
    'mix=B02,B03',
    'mix=B02,B03,none',
    'stretch=1:x',
    'stretch=:',
    'ramp=jet',
    'overlay=everything',
    'opacity=much',
    'hide=a,b',
    'mix=%E0%A4%A',
  ])('leaves %s as by default', (text) => {
    expect(fromWords(new URLSearchParams(text), seen)).toEqual(plain);
  });

  it('keeps figures within their bounds', () => {
    const found = fromWords(new URLSearchParams('gamma=0&contrast=99&brightness=-7&opacity=3'), seen);
    expect(found.adjust).toMatchObject({ gamma: 0.2, contrast: 4, brightness: -1 });
    expect(found.opacity).toBe(1);
  });
});

describe('look', () => {
  it('finds the bands of a source', () => {
    const bands = (source: Choice['source']) => channelsOf(source, seen).map((channel) => channel.bands);
    expect(bands({ kind: 'layer', name: 'natural' })).toEqual([[2], [1], [0]]);
    expect(bands({ kind: 'layer', name: 'gone' })).toEqual([]);
    expect(bands({ kind: 'mix', bands: ['red'] })).toEqual([[2]]);
    expect(bands({ kind: 'index', name: 'NGRDI' })).toEqual([[1, 2]]);
    expect(() => channelsOf({ kind: 'formula', text: 'B99' }, seen)).toThrow(/no band/);
  });

  it('stretches by the scene where it is known, else by the chip', () => {
    const plain = defaultChoice(seen);
    const ranges = (source: Choice['source'], stretch: Choice['stretch']) => {
      const choice = { ...plain, source, stretch };
      return rangesFor(channelsOf(source, seen), choice, pixels, statedRanges(source, seen));
    };
    expect(ranges({ kind: 'layer', name: 'natural' }, 'scene')[0]).toEqual({ low: 2, high: 12 });
    expect(ranges({ kind: 'layer', name: 'nir' }, 'scene')).toEqual([{ low: 2, high: 98 }]);
    expect(ranges({ kind: 'layer', name: 'natural' }, 'full')[1]).toEqual({ low: 0, high: 100 });
    expect(ranges({ kind: 'index', name: 'NGRDI' }, 'scene')).toEqual([{ low: -1, high: 1 }]);
    expect(ranges({ kind: 'index', name: 'NGRDI' }, 'chip')).toEqual([{ low: 0, high: 0 }]);
    expect(sceneRange(parseExpression('B02 * 2', seen.bands), seen.bands)).toBeNull();
  });

  it('stretches and colours as the server says of the scene', () => {
    const own = {
      name: 'own',
      title: 'Own',
      bands: ['B02'],
      group: 'own' as const,
      formulas: ['B02 ** 2'],
      ramp: 'magma',
      stretch: 'chip' as const,
    };
    const index = { ...seen.indices[0]!, low: -0.4, high: 0.4, ramp: ['#000000', '#ffffff'] };
    const lab = { ...seen.layers[0]!, name: 'natural-lab', lab: true, ranges: [[0, 7], [0, 7], [0, 7]] as [number, number][] }; // prettier-ignore
    const more: Seen = { ...seen, layers: [...seen.layers, own, lab], indices: [index] };
    expect(statedRanges({ kind: 'index', name: 'NGRDI' }, more)).toEqual([{ low: -0.4, high: 0.4 }]);
    expect(rampFor({ kind: 'index', name: 'NGRDI' }, more, [])).toEqual(['#000000', '#ffffff']);
    const source = { kind: 'layer' as const, name: 'own' };
    expect(channelsOf(source, more)[0]!.text).toBe('B02 ** 2');
    expect(rampFor(source, more, [])).toBe('magma');
    expect(stretchOf({ ...defaultChoice(more), source }, more)).toBe('chip');
    expect(stretchOf({ ...defaultChoice(more), source, stretch: 'full' }, more)).toBe('full');
    expect(isLab({ kind: 'layer', name: 'natural-lab' }, more)).toBe(true);
    expect(statedRanges({ kind: 'layer', name: 'natural-lab' }, more)).toHaveLength(3);
    expect(gammaOf(defaultChoice(seen), 3, true)).toBe(1);
  });

  it('reads three formulas as red, green and blue, and points at a mistake in the whole text', () => {
    expect(channelsOf({ kind: 'formula', text: 'red; green * 2; blue' }, seen)).toHaveLength(3);
    try {
      channelsOf({ kind: 'formula', text: 'red; gren; blue' }, seen);
    } catch (error) {
      expect((error as ExpressionError).at).toBe(5);
      return;
    }
    throw new Error('no error');
  });

  it('takes a manual stretch for each channel, the first for those without', () => {
    const choice: Choice = { ...defaultChoice(seen), stretch: 'manual', ranges: [{ low: 3, high: 4 }] };
    expect(rangesFor(channelsOf(choice.source, seen), choice, pixels)).toEqual(Array(3).fill({ low: 3, high: 4 }));
  });

  it('takes the ramp and gamma that suit', () => {
    expect(suitingRamp(channelsOf({ kind: 'mix', bands: ['B02'] }, seen))).toBe('grey');
    expect(suitingRamp(channelsOf({ kind: 'index', name: 'NGRDI' }, seen))).toBe('brbg');
    expect(suitingRamp([parseExpression('B02 * 2', seen.bands)])).toBe('viridis');
    expect(gammaOf(defaultChoice(seen), 3)).toBe(1.3);
    expect(gammaOf(defaultChoice(seen), 1)).toBe(1);
  });
});
