import { expect, it } from 'vitest';
import { degreeText, graticule, stepFor } from './graticule';

it('has a handful of lines at every scale', () => {
  for (const size of [300, 30, 3, 0.3, 0.03, 0.003]) {
    const box: [number, number, number, number] = [10, 10, 10 + size, 10 + size / 2];
    const lines = size / stepFor(box);
    expect(lines).toBeLessThanOrEqual(9);
    expect(lines).toBeGreaterThan(2);
  }
});

it('covers the view and stays off the poles', () => {
  const { lines, lats } = graticule([-200, -90, 200, 90]);
  expect(Math.max(...lats)).toBeLessThanOrEqual(85);
  expect(lines.geometry.coordinates.length).toBeGreaterThan(6);
});

it('writes degrees with as many digits as the step needs', () => {
  expect(degreeText(-78.6, 0.2, 'lng')).toBe('78.6° W');
  expect(degreeText(0, 10, 'lat')).toBe('0°');
  expect(degreeText(190, 10, 'lng')).toBe('170° W');
  expect(degreeText(-0.05, 0.05, 'lat')).toBe('0.05° S');
});
