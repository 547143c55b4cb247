import { describe, expect, it } from 'vitest';
import { ago, compact, duration, percent, plural, size } from './format';

describe('format', () => {
  it('counts', () => {
    expect(plural(1, 'chip')).toBe('1 chip');
    expect(plural(100_000, 'chip')).toBe('100,000 chips');
    expect(compact(9_999)).toBe('9,999');
    expect(compact(181_700)).toBe('181.7k');
  });

  it('shares', () => {
    expect(percent(1, 0)).toBe('0\u00a0%');
    expect(percent(1, 111)).toBe('0.9\u00a0%');
    expect(percent(2, 3)).toBe('67\u00a0%');
  });

  it('sizes', () => {
    expect(size(999)).toBe('999 B');
    expect(size(6_300_000)).toBe('6.3 MB');
    expect(size(123_456_789)).toBe('123 MB');
  });

  it('times', () => {
    expect(duration(40)).toBe('40 s');
    expect(duration(200)).toBe('3 min 20 s');
    expect(duration(180)).toBe('3 min');
    expect(duration(7500)).toBe('2 h 5 min');
    const now = Date.parse('2026-11-21T12:00:00Z');
    expect(ago('2026-11-21T11:59:50Z', now)).toBe('just now');
    expect(ago('2026-11-21T11:17:00Z', now)).toBe('43 min ago');
    expect(ago('2026-11-20T12:00:00Z', now)).toBe('1 day ago');
    expect(ago('2026-01-02T12:00:00Z', now)).toBe('2026-01-02');
  });
});
