/** What is said about releases: levels, what to do next, commands. Pure, so that it can be tested. */

import type { CheckResult, Finding, LevelResult, ReleaseRow, SchemeClass, WorkspaceInfo } from '../lib/types';

export type Level = LevelResult['level'];
export type Tone = 'ok' | 'danger' | 'warn' | 'muted';

export const LEVELS: readonly { level: Level; title: string; about: string }[] = [
  { level: 'Q0', title: 'Whole', about: 'Every file is there and matches its checksum.' },
  { level: 'Q1', title: 'Valid STAC', about: 'Catalog, collection and items follow the published schemas.' },
  {
    level: 'Q2',
    title: 'Ready for machine learning',
    about: 'One scheme, no leaking splits, no duplicates, true statistics, a licence.',
  },
  {
    level: 'Q3',
    title: 'Curated',
    about: 'Reviewed by at least two people, with agreement and an accuracy with its interval.',
  },
];

/** A level as a badge shows it; `never` where no check was made. */
export type Badge = { level: Level; status: LevelResult['status'] | 'never checked'; tone: Tone; words: string };

const TONES: Record<LevelResult['status'], Tone> = {
  passed: 'ok',
  failed: 'danger',
  'not fully checked': 'warn',
  'not reached': 'muted',
};

/** The four badges of a release, whether or not it was checked. */
export function badges(check: readonly LevelResult[] | null | undefined): Badge[] {
  return LEVELS.map(({ level, title }) => {
    const found = check?.find((one) => one.level === level);
    const status = found?.status ?? 'never checked';
    return {
      level,
      status,
      tone: found ? TONES[found.status] : 'muted',
      words: `${level} ${title}: ${status}${found ? tally(found) : ''}`,
    };
  });
}

function tally(result: LevelResult): string {
  const parts = [
    result.errors && `${result.errors} ${result.errors === 1 ? 'error' : 'errors'}`,
    result.warnings && `${result.warnings} ${result.warnings === 1 ? 'warning' : 'warnings'}`,
    result.not_checked && `${result.not_checked} not checked`,
  ].filter(Boolean);
  return parts.length ? ` (${parts.join(', ')})` : '';
}

/** What a person can do about a level that did not pass in full; null where there is nothing to do. */
export function advice(result: LevelResult): string | null {
  if (result.status === 'passed') return null;
  if (result.level === 'Q3') {
    return 'Reached when at least two people have reviewed the labels. Everything below it holds without.';
  }
  if (result.status === 'not fully checked') {
    return result.level === 'Q1'
      ? 'Some STAC schemas could not be had. With a network they are fetched once and kept; without one, GROUNDSET_STAC_SCHEMAS names a filled folder. Then check again.'
      : 'Some files could not be looked at; the list says which. Check again where they can be read.';
  }
  if (result.level === 'Q0') {
    return 'A release never changes: where files are missing or differ, copy it again, or make it again with --rebuild.';
  }
  if (result.level === 'Q1')
    return 'Somebody changed the documents, or they were made elsewhere. Make it again with --rebuild.';
  return 'Mend what the list says in the workspace, then make a new release: this one stays as it is.';
}

export type Group = { what: string; severity: Finding['severity']; findings: Finding[] };

const ORDER: Finding['severity'][] = ['error', 'warning', 'not-checked'];

/** Findings of one level, the same thing said once, worst first. */
export function grouped(findings: readonly Finding[], level: Level): Group[] {
  const groups = new Map<string, Group>();
  for (const one of findings) {
    if (one.level !== level) continue;
    const key = `${one.severity} ${one.what}`;
    const group = groups.get(key) ?? { what: one.what, severity: one.severity, findings: [] };
    group.findings.push(one);
    groups.set(key, group);
  }
  return [...groups.values()].sort(
    (a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) || b.findings.length - a.findings.length,
  );
}

/** Chip id of a file in a release, where it belongs to one: `items/CHIP/mask.tif`. */
export function chipOf(file: string): string | null {
  return /^items\/([^/]+)\//.exec(file)?.[1] ?? null;
}

/** A word of a command line that any POSIX shell takes as it is. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export type Command = { title: string; text: string; about: string; python?: boolean };

/** What the class counts of a release count. */
export function unitOf(kind: string): string {
  return kind === 'segment' ? 'pixels' : kind === 'outline' ? 'shapes' : 'chips';
}

const SAMPLES: Record<string, string> = {
  classify: 'image, label, valid, id, bands',
  outline: 'image, boxes, labels, masks, valid, id, bands',
};

/** What to type to go on with a release. */
export function commands(path: string, name: string, kind: string): Command[] {
  const at = quoted(path);
  const home = quoted(path.replace(/[\\/]releases[\\/][^\\/]+[\\/]?$/, ''));
  return [
    {
      title: 'Load it in Python',
      text: `import groundset as gs\n\ntrain = gs.load(${JSON.stringify(path)}, split="train")\nsample = train[0]   # ${SAMPLES[kind] ?? 'image, mask, valid, id, bands'}`,
      python: true,
      about: 'Float32 images in physical values, nodata as NaN; chips between splits are never returned.',
    },
    {
      title: 'Check it',
      text: `groundset check ${at} --require Q2`,
      about: 'Exits 1 unless Q0 to Q2 passed in full; for a continuous check before publishing.',
    },
    {
      title: 'Publish it',
      text: `groundset publish ${at} --s3 s3://BUCKET/PREFIX --stac-api https://HOST/stac`,
      about: 'Uploads, registers, and reads everything back. The usual AWS variables count.',
    },
    {
      title: 'Make it again elsewhere',
      text: `groundset release ${home} --rebuild ${quoted(name)} --to FOLDER`,
      about: 'Every checksum comes out the same.',
    },
  ];
}

/** The next free name: v3 after v1 and v2. */
export function nextName(names: readonly string[]): string {
  const numbers = names.map((n) => Number(/^v(\d+)$/.exec(n)?.[1] ?? 0));
  return `v${Math.max(0, ...numbers) + 1}`;
}

export const SPLITS = ['train', 'validate', 'test', 'none'] as const;

export type Part = { name: string; title?: string; value: number; color?: string };

/** Splits in their usual order; others behind. */
export function splitParts(splits: Readonly<Record<string, number>>): Part[] {
  const known = SPLITS.filter((s) => splits[s]);
  const rest = Object.keys(splits).filter((s) => !(SPLITS as readonly string[]).includes(s));
  return [...known, ...rest].map((name) => ({ name, value: splits[name]! }));
}

/** Sentences about splits, such as 'train: 47.2 % of water, ...', as shares by split and class; the rest as they are. */
export function splitShares(notes: readonly string[]): {
  shares: Map<string, Map<string, string>>;
  classes: string[];
  rest: string[];
} {
  const shares = new Map<string, Map<string, string>>();
  const classes: string[] = [];
  const rest: string[] = [];
  for (const note of notes) {
    const [, split, told] = /^(\w+): (.+)$/.exec(note) ?? [];
    const parts = [...(told ?? '').matchAll(/([\d.]+ %) of (.+?)(?=, [\d.]+ % of |$)/g)];
    if (split && parts.length) {
      shares.set(split, new Map(parts.map(([, share, name]) => [name!, share!])));
      for (const [, , name] of parts) if (!classes.includes(name!)) classes.push(name!);
    } else if (split !== 'chips') rest.push(note);
  }
  return { shares, classes, rest };
}

/** The classes of a workspace's tasks by name. */
export function classesOf(info: WorkspaceInfo | null): Map<string, SchemeClass> {
  return new Map((info?.tasks ?? []).flatMap((task) => task.classes.map((one) => [one.name, one])));
}

/** Classes with their titles and colours; those that the workspace does not know keep their names. */
export function classParts(
  counts: Readonly<Record<string, number>>,
  known: ReadonlyMap<string, Pick<SchemeClass, 'title' | 'color'>>,
): Part[] {
  return Object.entries(counts).map(([name, value]) => {
    const told = known.get(name);
    return { name, value, title: told?.title || titled(name), color: told?.color };
  });
}

/** `not-applicable` as a title; product flags are in no scheme. */
function titled(name: string): string {
  return name === 'not-applicable' ? 'Not applicable' : name;
}

/** Why a number in three shares cannot stand; null where they sum to 100. */
export function splitProblem(shares: readonly number[]): string | null {
  if (shares.some((s) => !Number.isFinite(s) || s < 0)) return 'Shares are numbers from 0 to 100.';
  const sum = shares.reduce((a, b) => a + b, 0);
  return Math.abs(sum - 100) < 0.01 ? null : `Shares must sum to 100; these sum to ${Number(sum.toFixed(2))}.`;
}

/** What stands against a name; null where it may be taken. */
export function nameProblem(name: string, taken: readonly string[]): string | null {
  if (!name) return 'Give it a name.';
  if (taken.includes(name)) return `${name} is there already, and a release never changes. Take another name.`;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return 'Letters, digits, points, dashes and underscores only.';
  return null;
}

export function checkedWhen(check: CheckResult | null): 'never' | 'current' | 'old' {
  return check === null ? 'never' : check.current ? 'current' : 'old';
}

/** Newest first. */
export function newestFirst(rows: readonly ReleaseRow[]): ReleaseRow[] {
  return [...rows].sort((a, b) => (b.created ?? '').localeCompare(a.created ?? '') || b.name.localeCompare(a.name));
}

/** The report as a document of its own that has the page's theme, whatever the system's is. */
export function themed(html: string, theme: 'dark' | 'light'): string {
  const holds = theme === 'dark' ? '(min-width: 0)' : '(max-width: 0)';
  return html
    .replaceAll('(prefers-color-scheme: dark)', holds)
    .replace('<meta name="color-scheme" content="light dark">', `<meta name="color-scheme" content="${theme}">`);
}
