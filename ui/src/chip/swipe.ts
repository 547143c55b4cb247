/** Two dates of one place: which there are, which is compared with the one that is looked at. */
import type { Range } from '../canvas';
import type { ChipDate, ChipDetail, Task } from '../lib/types';

/** The other dates at which there is a chip with data, the earliest first. */
export function otherDates(detail: Pick<ChipDetail, 'chip' | 'dates'>): ChipDate[] {
  return (detail.dates ?? []).filter((one) => one.chip_id && one.chip_id !== detail.chip.id && one.valid_fraction > 0);
}

/**
 * The date to compare with: the one that was chosen before; of a change that of the other end; else the next, or the one
 * before.
 */
export function chooseOther(
  detail: Pick<ChipDetail, 'chip' | 'dates'>,
  about: Task['about'],
  before: string | null,
): ChipDate | null {
  const others = otherDates(detail);
  const kept = others.find((one) => one.scene_id === before);
  if (kept) return kept;
  const own = detail.chip.datetime ?? '';
  const later = others.filter((one) => time(one.datetime) > time(own));
  if (about === 'change') return later.at(-1) ?? others[0] ?? null;
  return later[0] ?? others.at(-1) ?? null;
}

/** Whether the other date is the earlier one: it then lies on the left. */
export function isEarlier(other: ChipDate, detail: Pick<ChipDetail, 'chip'>): boolean {
  return time(other.datetime) < time(detail.chip.datetime ?? '');
}

/** Where the divider goes by a key, 0-1; null where the key is not its own. */
export function moved(at: number, key: string, shift: boolean): number | null {
  const step = shift ? 0.1 : 0.02;
  const to: Record<string, number> = {
    ArrowLeft: at - step,
    ArrowDown: at - step,
    ArrowRight: at + step,
    ArrowUp: at + step,
    Home: 0,
    End: 1,
  };
  const next = to[key];
  return next === undefined ? null : Math.min(1, Math.max(0, next));
}

/** From one date to the other and back: whichever fills less of the picture now. */
export function blinked(at: number): number {
  return at >= 0.5 ? 0 : 1;
}

/** Whether both have the same bands in the same order, so that one look fits both. */
export function sameBands(one: Pick<ChipDetail, 'bands'>, other: Pick<ChipDetail, 'bands'>): boolean {
  return one.bands.length === other.bands.length && one.bands.every((band, i) => band.name === other.bands[i]!.name);
}

/** One black and one white for both dates: as dark as the darker, as bright as the brighter. */
export function pooled(own: readonly Range[], theirs: readonly Range[]): Range[] {
  return own.map((range, i) => ({
    low: Math.min(range.low, theirs[i]?.low ?? range.low),
    high: Math.max(range.high, theirs[i]?.high ?? range.high),
  }));
}

const time = (text: string) => Date.parse(text);
