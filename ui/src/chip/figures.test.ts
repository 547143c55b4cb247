import { describe, expect, it } from 'vitest';
import { roundTicks } from './figures';

const texts = (low: number, high: number): string[] => roundTicks(low, high).map(({ text }) => text);

describe('roundTicks', () => {
  it.each([
    [-0.0361, 0.0279, ['-0.02', '0.00', '0.02']],
    [0, 1, ['0.0', '0.5', '1.0']],
    [212, 3480, ['1000', '2000', '3000']],
    [-23.4, -8.1, ['-20', '-15', '-10']],
    [271.2, 299.9, ['280', '290']],
    [0.00012, 0.00031, ['0.00015', '0.00020', '0.00025', '0.00030']],
    [1e8, 4.2e8, ['1.0e+8', '2.0e+8', '3.0e+8', '4.0e+8']],
  ])('from %d to %d', (low, high, wanted) => {
    expect(texts(low, high)).toEqual(wanted);
  });

  it('is two to five values within, whatever the bounds', () => {
    for (let i = 0; i < 2000; i++) {
      const span = 10 ** ((i % 97) / 8 - 6);
      const low = span * (((i * 37) % 401) - 200) * 0.73;
      const high = low + span;
      const ticks = roundTicks(low, high);
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(5);
      const room = (high - low) * 1e-6;
      for (const { value } of ticks) expect(value >= low - room && value <= high + room).toBe(true);
    }
  });

  it('has none where there is no span', () => {
    expect(roundTicks(3, 3)).toEqual([]);
    expect(roundTicks(NaN, 1)).toEqual([]);
  });
});
