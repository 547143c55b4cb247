/** What a new workspace is to be, as its form has it, and as the server takes it. */
import type { NewWorkspace } from '../lib/types';

export interface ClassRow {
  title: string;
  color: string;
}

/** Told apart also without full colour vision: Okabe and Ito's. */
export const COLORS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9', '#f0e442', '#7a5195'];

export function colorFor(rows: readonly ClassRow[]): string {
  const taken = new Set(rows.map((row) => row.color));
  return COLORS.find((color) => !taken.has(color)) ?? COLORS[rows.length % COLORS.length]!;
}

/** A class's name from what it is called: `Sea ice` is `sea-ice`. */
export function nameOf(title: string): string {
  return title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^[-_]+|-+$/g, '')
    .slice(0, 64);
}

/** Why a workspace cannot have this name; null where it can. */
export function nameProblem(name: string, taken: readonly string[]): string | null {
  if (!name) return 'A workspace needs a name.';
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name) || name.includes('..')) {
    return 'Take letters, digits, dots, - and _, beginning with a letter or digit.';
  }
  return taken.some((one) => one.toLowerCase() === name.toLowerCase()) ? 'There is one of this name.' : null;
}

/** Why these classes cannot be; null where they can. Rows without a name do not count. */
export function classesProblem(rows: readonly ClassRow[]): string | null {
  const names = rows.filter((row) => row.title.trim()).map((row) => nameOf(row.title));
  if (names.length === 0) return 'Name at least one class.';
  if (names.includes('')) return 'A class is named with letters or digits.';
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  return twice ? `The class ${twice} is there twice.` : null;
}

export function bodyOf(name: string, own: boolean, rows: readonly ClassRow[]): NewWorkspace {
  if (!own) return { name, scheme: 'water' };
  const classes = rows
    .filter((row) => row.title.trim())
    .map((row) => ({ name: nameOf(row.title), title: row.title.trim(), color: row.color }));
  return { name, scheme: null, classes };
}
