/** The journal as lines that people read: one for each import and model run, single answers taken together. */
import { plural } from '../lib/format';
import type { Annotation } from '../lib/types';

export interface Line {
  key: string;
  at: string;
  actor: string;
  /** A model's answers, or a person's. */
  model: boolean;
  text: string;
  task: string | null;
}

const TOGETHER = 15 * 60 * 1000;
const DONE: Record<string, string> = {
  mask: 'painted',
  answer: 'answered',
  shapes: 'outlined',
  work: 'marked',
  training: 'set the use in training of',
  attribute: 'described',
  undo: 'took back answers on',
};
/** What is about no single chip. */
const SAID: Record<string, string> = {
  comment: 'commented',
  scheme: 'changed the classes',
  cascade: 'went a step in a cascade',
};

/** Newest first. `bulks` are the events of kind bulk, `tail` the journal's last events, `painted` the segment tasks. */
export function linesOf(
  bulks: readonly Annotation[],
  tail: readonly Annotation[],
  painted: ReadonlySet<string>,
  most = 12,
): Line[] {
  const lines = [
    ...bulks.map((one) => bulkLine(one, painted)),
    ...together(tail.filter((one) => one.kind !== 'bulk' && !one.bulk)),
  ];
  return lines.sort((a, b) => b.at.localeCompare(a.at)).slice(0, most);
}

/** Tasks in which a person has answered since a model last proposed masks. */
export function newerThanModels(bulks: readonly Annotation[], tail: readonly Annotation[]): string[] {
  const byModel = new Map<string, number>();
  for (const one of bulks) {
    if (one.task && isModel(one.actor)) byModel.set(one.task, Math.max(one.seq, byModel.get(one.task) ?? 0));
  }
  const newer = [...bulks, ...tail].filter(
    (one) => one.task && !isModel(one.actor) && one.kind !== 'comment' && one.seq > (byModel.get(one.task) ?? Infinity),
  );
  return [...new Set(newer.map((one) => one.task!))];
}

function isModel(actor: string): boolean {
  return actor.startsWith('model:');
}

export function actorName(actor: string): string {
  return actor.replace(/^model:/, '');
}

function bulkLine(event: Annotation, painted: ReadonlySet<string>): Line {
  const told = event.payload as { count?: number; file?: string; verb?: string; model?: string };
  const chips = told.count === undefined ? 'chips' : plural(told.count, 'chip');
  const text =
    told.verb === 'segment'
      ? `proposed masks for ${chips}`
      : told.verb === 'predict'
        ? `predicted classes of ${chips}`
        : told.file
          ? `brought labels for ${chips} from ${told.file}`
          : `${painted.has(event.task ?? '') ? 'painted' : 'answered'} ${chips}`;
  return line(event, text);
}

function together(events: readonly Annotation[]): Line[] {
  const groups: { first: Annotation; last: Annotation; chips: Set<string> }[] = [];
  for (const event of events) {
    const open = groups.findLast((one) => one.last.actor === event.actor);
    const fits =
      open &&
      open.last.kind === event.kind &&
      open.last.task === event.task &&
      new Date(event.at).getTime() - new Date(open.last.at).getTime() < TOGETHER;
    const group = fits ? open : { first: event, last: event, chips: new Set<string>() };
    if (!fits) groups.push(group);
    group.last = event;
    if (event.chip_id) group.chips.add(event.chip_id);
  }
  return groups.map(({ last, chips }) => {
    const verb = DONE[last.kind];
    return line(
      last,
      last.kind === 'undo' && chips.size === 0
        ? 'took something back'
        : verb
          ? `${verb} ${plural(chips.size, 'chip')}`
          : (SAID[last.kind] ?? `wrote ${last.kind}`),
    );
  });
}

function line(event: Annotation, text: string): Line {
  return {
    key: event.id,
    at: event.at,
    actor: event.actor,
    model: isModel(event.actor),
    text,
    task: event.task,
  };
}
