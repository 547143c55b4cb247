import { describe, expect, it } from 'vitest';
import type { ChipDate, ChipDetail } from '../lib/types';
import { blinked, chooseOther, isEarlier, moved, otherDates, pooled, sameBands } from './swipe';

const date = (day: number, valid = 1): ChipDate => ({
  scene_id: `s${day}`,
  chip_id: `s${day}_0_0_0`,
  datetime: `2020-01-0${day}T10:00:00+00:00`,
  valid_fraction: valid,
});
const seen = (day: number, dates: ChipDate[]) =>
  ({ chip: { id: `s${day}_0_0_0`, datetime: `2020-01-0${day}T10:00:00Z` }, dates }) as unknown as ChipDetail;

describe('two dates', () => {
  const four = [date(1), date(3), date(5, 0), { ...date(7), chip_id: null }, date(9)];

  it('lists dates with a chip and data, without the own', () => {
    expect(otherDates(seen(3, four)).map((one) => one.scene_id)).toEqual(['s1', 's9']);
    expect(otherDates(seen(3, []))).toEqual([]);
  });

  it('compares with the next, of a change with the last, and keeps what was chosen', () => {
    const dates = [date(1), date(3), date(9)];
    expect(chooseOther(seen(1, dates), 'date', null)?.scene_id).toBe('s3');
    expect(chooseOther(seen(9, dates), 'date', null)?.scene_id).toBe('s3');
    expect(chooseOther(seen(1, dates), 'change', null)?.scene_id).toBe('s9');
    expect(chooseOther(seen(9, dates), 'change', null)?.scene_id).toBe('s1');
    expect(chooseOther(seen(1, dates), 'change', 's3')?.scene_id).toBe('s3');
    expect(chooseOther(seen(1, [date(1)]), 'date', null)).toBeNull();
  });

  it('puts the earlier date left, whatever the zone is written as', () => {
    const east: ChipDate = { ...date(3), datetime: '2020-01-03T18:00:00+09:00' };
    expect(isEarlier(east, seen(3, []))).toBe(true);
    expect(isEarlier(date(9), seen(3, []))).toBe(false);
  });

  it('moves the divider by keys and blinks', () => {
    expect(moved(0.5, 'ArrowRight', false)).toBeCloseTo(0.52);
    expect(moved(0.5, 'ArrowLeft', true)).toBeCloseTo(0.4);
    expect(moved(0.01, 'ArrowLeft', false)).toBe(0);
    expect([moved(0.5, 'Home', false), moved(0.5, 'End', false), moved(0.5, 'x', false)]).toEqual([0, 1, null]);
    expect([blinked(0.5), blinked(0), blinked(1)]).toEqual([0, 1, 0]);
  });

  it('has one black and one white for both', () => {
    const [one] = pooled([{ low: 700, high: 1900 }], [{ low: 200, high: 1600 }]);
    expect(one).toEqual({ low: 200, high: 1900 });
    expect(pooled([{ low: 0, high: 1 }], [])).toEqual([{ low: 0, high: 1 }]);
  });

  it('says whether the bands are there', () => {
    const of = (...names: string[]) => ({ bands: names.map((name) => ({ name })) }) as unknown as ChipDetail;
    expect(sameBands(of('B02', 'B03'), of('B02', 'B03'))).toBe(true);
    expect(sameBands(of('B02', 'B03'), of('B03', 'B02'))).toBe(false);
    expect(sameBands(of('B02', 'VV'), of('B02'))).toBe(false);
  });
});
