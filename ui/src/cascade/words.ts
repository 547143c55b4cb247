/** What the page says of a cascade. Pure. */
import { count, duration, plural, size } from '../lib/format';
import type { CellAnswer } from './cells';
import type { Cascade, CascadeRow, CellsTold, LevelState, Next, Threshold } from './told';
import type { Act, ChipRow } from '../lib/types';

/** Chips asked for at a time. */
export const MANY = 50;

/** `93 %`, `99.5 %`; never 100 where it is less, never 0 where it is more. */
export function share(value: number): string {
  const percent = 100 * value;
  if (percent > 0 && percent < 0.1) return '< 0.1 %';
  const tenth = value < 1 ? Math.min(99.9, Math.round(10 * percent) / 10) : 100;
  const whole = Math.round(tenth);
  return `${tenth >= 10 && tenth < 90 ? whole : tenth} %`;
}

/** What a threshold does, in plain words. */
export function thresholdSays(told: Threshold | null, title: string): string {
  if (!told) return '';
  const all = told.keeps + told.rejects;
  const keeps = `Keeps ${count(told.keeps)} of ${plural(all, 'chip')}`;
  const from = plural(told.positives, 'positive chip');
  if (told.score === null)
    return `${keeps}: ${told.positives === 0 ? 'no positive chip yet' : `only ${from} so far`}, so all go on that nobody rejected.`;
  if (told.estimate === null || told.low === null) return `${keeps}.`;
  const holds = `holds ${share(told.estimate)} of chips with ${title.toLowerCase()}`;
  return `${keeps}; ${holds}, at least ${share(told.low)} with 95 % confidence, from ${from}.`;
}

/** What one level finer would cost; at most four children a chip that goes on. */
export function nextOf(told: Pick<Cascade, 'grid' | 'saved'>): Next | null {
  const at = told.grid.findIndex((one) => one.state === 'current');
  const now = told.grid[at];
  if (!now || at + 1 >= told.grid.length) return null;
  const chips = 4 * ((now.kept ?? 0) + (now.undecided ?? 0));
  const { saved } = told;
  const rate = (value: number | null): number | null => (value === null || !saved.chips ? null : value / saved.chips);
  return { chips, bytes: chips * (rate(saved.bytes) ?? 0), seconds: scaled(rate(saved.seconds), chips) };
}

function scaled(rate: number | null, by: number): number | null {
  return rate === null ? null : rate * by;
}

/** `Makes about 152 chips: 4 s, 2.1 MB`. */
export function nextSays(next: Next | null): string {
  if (!next) return '';
  const cost = [
    next.seconds === null ? '' : next.seconds < 1 ? 'under a second' : `about ${duration(next.seconds)}`,
    next.bytes > 0 ? size(next.bytes) : '',
  ].filter(Boolean);
  return `Makes ${next.chips > 0 ? 'up to ' : ''}${plural(next.chips, 'chip')}${cost.length ? `: ${cost.join(', ')}` : ''}`;
}

/** Under a step: what the level kept. */
export function levelSays(one: LevelState, next: Next | null): string {
  if (one.state === 'ahead') return next ? `up to ${plural(next.chips, 'chip')}` : 'not begun';
  const all = one.candidates ?? 0;
  if (one.kept === null) return plural(all, 'chip');
  const kept = one.kept + (one.undecided ?? 0);
  return `${count(kept)} of ${count(all)} ${one.state === 'done' ? 'kept' : 'go on'}`;
}

export function levelTitle(one: Pick<LevelState, 'chip_size'>): string {
  return `${one.chip_size} px`;
}

/**
 * What a row says of a class, as the map draws it. Where it speaks of others alone that is `known`: a large chip holds
 * several classes, and what was said of this one still stands, also where a chip's label is one class.
 */
export function answerOf(row: Pick<ChipRow, 'label'>, code: number, known: CellAnswer = 'none'): CellAnswer {
  const { label } = row;
  if (!label || label.value === null) return 'none';
  if (label.classes.includes(code)) return 'positive';
  if (label.negative?.includes(code)) return 'negative';
  if (label.value === 'unsure' || label.value === 'not-applicable') return 'unsure';
  return known;
}

export function answersTold(told: Pick<CellsTold, 'label'>): CellAnswer[] {
  return told.label.map((one) => (one === null ? 'none' : one === 'not-applicable' ? 'unsure' : one));
}

/** The cascade that an address means, of all of them, latest first: an open one before one that ended. */
export function meant(
  all: readonly CascadeRow[],
  asked: { id: string | null; class: string | null; scene: string | null; task: string | null },
): CascadeRow | null {
  const named = all.find((one) => one.id === asked.id);
  if (named) return named;
  const fits = (one: CascadeRow): boolean =>
    (asked.class === null || one.class === asked.class) &&
    (asked.scene === null || one.scenes.includes(asked.scene)) &&
    (asked.task === null || one.task === asked.task);
  const fitting = all.filter(fits);
  return fitting.find((one) => !one.done) ?? fitting[0] ?? null;
}

/**
 * Whether a step that can be taken back is an answer or a step of this cascade; neither its start nor what was done
 * before. A step that the server does not have yet has no time.
 */
export function isOf(step: Act, told: Pick<CascadeRow, 'id' | 'task' | 'at' | 'scenes' | 'levels'>): boolean {
  if (step.at !== '' && step.at <= told.at) return false;
  if (step.kind === 'cascade') return step.says.startsWith(`Cascade ${told.id}: `);
  if (step.kind === 'undo') return step.says.includes(`: cascade ${told.id}: `);
  if (step.task !== told.task || !['answer', 'training', 'bulk'].includes(step.kind)) return false;
  if (!step.chip_id) return !/^[\d,]+ .* from /.test(step.says); // answers that were read from a file
  const [, scene, level] = /^(.*)_(\d+)_\d+_\d+$/.exec(step.chip_id) ?? [];
  return told.scenes.includes(scene ?? '') && told.levels.includes(Number(level));
}

/** Whether the next step back is the start, so that nothing is left; another recall is a step of its own. */
export function backEnds(told: Pick<CascadeRow, 'id' | 'levels' | 'level' | 'done'>, steps: readonly Act[]): boolean {
  if (told.done || told.level !== told.levels[0]) return false;
  return !steps.some((one) => one.kind === 'cascade' && one.says.startsWith(`Cascade ${told.id}: `));
}

/** The cascade that was taken back last, as a step that brings it back. */
export function goneOf(redo: readonly Act[]): Act | null {
  return redo.find((one) => one.kind === 'cascade' && /^Cascade \S+ begun: /.test(one.says)) ?? null;
}

/** Sides of chips, coarse to fine, that a level of so many pixels can be cut into. */
export function sidesOf(chip: number, least = 8): number[] {
  const out = [chip];
  for (let side = chip; side % 2 === 0 && side / 2 >= least; side /= 2) out.push(side / 2);
  return out;
}

/** `2 of 3 levels`, for lists of classes. */
export function stageOf(row: CascadeRow): string {
  return row.done ? 'done' : `level ${row.levels.indexOf(row.level) + 1} of ${row.levels.length}`;
}

/** The recall that a score stands for: the share of the positives at or above it. */
export function recallAt(score: number, scores: Float32Array, answers: readonly CellAnswer[]): number | null {
  const all = scoredPositives(scores, answers);
  const above = answers.filter((answer, i) => answer === 'positive' && scores[i]! >= score).length;
  return all === 0 ? null : above / all;
}

/** Chips with the class that have a score. */
export function scoredPositives(scores: Float32Array, answers: readonly CellAnswer[]): number {
  return answers.filter((answer, i) => answer === 'positive' && !Number.isNaN(scores[i] ?? NaN)).length;
}
