import { describe, expect, it } from 'vitest';
import { isRamp, parseColour, ramp, RAMP_NAMES, rampColour, rampGradient, type RampName } from './ramps';

describe('ramps', () => {
  it.each([...RAMP_NAMES])('%s has 256 opaque colours, made once', (name) => {
    const table = ramp(name);
    expect(table.length).toBe(1024);
    expect(ramp(name)).toBe(table);
    for (let i = 0; i < 256; i++) expect(table[i * 4 + 3]).toBe(255);
  });

  // the published tables at 0, 1/4, 1/2, 3/4 and 1
  it.each<[RampName, number[][]]>([
    [
      'viridis',
      [
        [68, 1, 84],
        [59, 82, 139],
        [33, 145, 140],
        [94, 201, 98],
        [253, 231, 37],
      ],
    ],
    [
      'magma',
      [
        [0, 0, 4],
        [81, 18, 124],
        [183, 55, 121],
        [252, 137, 97],
        [252, 253, 191],
      ],
    ],
    [
      'plasma',
      [
        [13, 8, 135],
        [126, 3, 168],
        [204, 71, 120],
        [248, 149, 64],
        [240, 249, 33],
      ],
    ],
    [
      'inferno',
      [
        [0, 0, 4],
        [87, 16, 110],
        [188, 55, 84],
        [249, 142, 9],
        [252, 255, 164],
      ],
    ],
    [
      'grey',
      [
        [0, 0, 0],
        [64, 64, 64],
        [128, 128, 128],
        [191, 191, 191],
        [255, 255, 255],
      ],
    ],
  ])('%s is the known one', (name, colours) => {
    colours.forEach((wanted, i) => {
      const found = rampColour(name, i / 4);
      wanted.forEach((part, c) => expect(Math.abs(found[c]! - part)).toBeLessThanOrEqual(5));
    });
  });

  it.each(['rdbu', 'brbg'] as const)('%s has a pale middle', (name) => {
    expect(Math.min(...rampColour(name, 0.5))).toBeGreaterThan(230);
    for (const end of [0, 1]) expect(Math.min(...rampColour(name, end))).toBeLessThan(60);
  });

  it('clips', () => {
    expect(rampColour('viridis', -3)).toEqual(rampColour('viridis', 0));
    expect(rampColour('viridis', 9)).toEqual(rampColour('viridis', 1));
  });

  it('is known by name', () => {
    expect(isRamp('turbo')).toBe(true);
    expect(isRamp('jet')).toBe(false);
    expect(isRamp(null)).toBe(false);
  });

  it('runs the other way when inverted', () => {
    expect(rampGradient('grey')).toMatch(/^linear-gradient\(to right, rgb\(0 0 0\), .*rgb\(255 255 255\)\)$/);
    expect(rampGradient('grey', true)).toMatch(/^linear-gradient\(to right, rgb\(255 255 255\)/);
  });

  it('reads colours', () => {
    expect(parseColour('#0a80ff')).toEqual([10, 128, 255]);
    expect(parseColour('tomato')).toEqual([128, 128, 128]);
  });
});
