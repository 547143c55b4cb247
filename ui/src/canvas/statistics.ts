/** Percentiles and histograms of what a channel shows. */

/** Percentiles (0-100) of sorted numbers, linear between neighbours as NumPy has them; NaN where there are none. */
export function percentile(sorted: ArrayLike<number>, percent: number): number {
  const count = sorted.length;
  if (count === 0) return NaN;
  const at = ((count - 1) * Math.min(100, Math.max(0, percent))) / 100;
  const low = Math.floor(at);
  const a = sorted[low]!;
  const b = sorted[Math.min(count - 1, low + 1)]!;
  return a + (b - a) * (at - low);
}

export interface Histogram {
  from: number;
  to: number;
  counts: number[];
}

/** Counts of sorted numbers in equal bins; what lies outside goes to the first or last bin. */
export function histogram(sorted: ArrayLike<number>, from: number, to: number, bins = 64): Histogram {
  const counts = new Array<number>(bins).fill(0);
  const width = (to - from) / bins;
  for (let i = 0; i < sorted.length; i++) {
    const bin = width > 0 ? Math.floor((sorted[i]! - from) / width) : 0;
    counts[Math.min(bins - 1, Math.max(0, bin))]!++;
  }
  return { from, to, counts };
}

/**
 * The cut between two bins that parts sorted numbers into the two groups farthest apart (Otsu 1979); NaN where there are
 * none. What lies beyond `from` and `to` counts to the first and last bin.
 */
export function otsu(sorted: ArrayLike<number>, from: number, to: number, bins = 256): number {
  const { counts } = histogram(sorted, from, to, bins);
  const whole = counts.reduce((sum, n, bin) => sum + n * bin, 0);
  let [below, sum, best, found] = [0, 0, 0, 0];
  let last = 0;
  for (let bin = 0; bin < bins - 1; bin++) {
    below += counts[bin]!;
    sum += counts[bin]! * bin;
    const above = sorted.length - below;
    if (below === 0 || above === 0) continue;
    const apart = below * above * (sum / below - (whole - sum) / above) ** 2;
    // an empty stretch parts as well everywhere: the middle of it is taken
    if (apart > best * (1 + 1e-12)) [best, found, last] = [apart, bin, bin];
    else if (apart >= best * (1 - 1e-12)) last = bin;
  }
  return sorted.length ? from + (((found + last) / 2 + 1) * (to - from)) / bins : NaN;
}
