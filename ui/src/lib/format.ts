/** Figures and times for people. */
const whole = new Intl.NumberFormat('en-GB');
const short = new Intl.NumberFormat('en-GB', { notation: 'compact', maximumFractionDigits: 1 });

export function count(value: number): string {
  return whole.format(value);
}

/** 181.7k, 1.2M; below 10,000 in full. */
export function compact(value: number): string {
  return Math.abs(value) < 10_000
    ? whole.format(value)
    : short
        .format(value)
        .replace('K', 'k')
        .replace(/(?:m|mn)$/, 'M');
}

/** `plural(1, 'chip')` is '1 chip', `plural(2, 'chip')` '2 chips'. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function percent(part: number, all: number): string {
  if (!all) return '0\u00a0%';
  const share = (100 * part) / all;
  return `${share > 0 && share < 10 ? share.toFixed(1) : Math.round(share)}\u00a0%`;
}

export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** 2026-11-21, 13:05 in the reader's time. */
export function when(iso: string | null | undefined): string {
  if (!iso) return '';
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${day(iso)}, ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The date of an acquisition, in UTC as in its metadata. */
export function day(iso: string | null | undefined): string {
  return iso ? iso.slice(0, 10) : '';
}

/** 'just now', '5 min ago', '3 h ago', then the date. */
export function ago(iso: string, now = Date.now()): string {
  const seconds = (now - new Date(iso).getTime()) / 1000;
  if (Number.isNaN(seconds)) return iso;
  if (seconds < 60) return 'just now';
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 7 * 86_400) return plural(Math.floor(seconds / 86_400), 'day') + ' ago';
  return day(iso);
}

/** '40 s', '3 min 20 s', '2 h 5 min'. */
export function duration(seconds: number): string {
  const all = Math.max(0, Math.round(seconds));
  if (all < 60) return `${all} s`;
  if (all < 3600) return `${Math.floor(all / 60)} min${all % 60 ? ` ${all % 60} s` : ''}`;
  return `${Math.floor(all / 3600)} h ${Math.floor((all % 3600) / 60)} min`;
}
