/** The journal of a chip, told in words. */
import { count, duration, plural } from '../lib/format';
import type { Annotation, SchemeClass } from '../lib/types';

export interface Told {
  seq: number;
  at: string;
  /** Who, as a person reads it. */
  who: string;
  by: 'person' | 'model' | 'file';
  text: string;
  note: string | null;
  colors: string[];
  task: string | null;
  kind: string;
  /** Taken back by a later event. */
  undone: boolean;
  /** So often in a row. */
  times: number;
}

export type ClassOf = (task: string | null, code: number) => SchemeClass | undefined;

const VALUES: Record<string, string> = {
  positive: '',
  negative: 'not ',
  unsure: 'unsure: ',
  'not-applicable': 'not applicable: ',
};

/** What a stroke of a tool is called; other tools paint. */
const STROKES: Record<string, string> = {
  eraser: 'erased',
  accept: 'accepted what the assistant proposed',
  question: 'answered a question of the assistant',
  region: 'took a segment',
  'region removed': 'removed segments',
  'region order': 'moved a segment in depth',
  start: 'began with the best segments',
  load: 'loaded a mask',
};
const TOGETHER_MS = 15 * 60 * 1000;

/**
 * Newest first. Undos of events of this chip are told by striking those through, and as lines of their own. The same
 * thing done several times in a row is one line.
 */
export function tell(events: readonly Annotation[], classOf: ClassOf): Told[] {
  const byId = new Map(events.map((event) => [event.id, event]));
  return [...events]
    .sort((a, b) => b.seq - a.seq)
    .map((event) => ({
      seq: event.seq,
      at: event.at,
      ...actor(event),
      ...words(event, classOf, byId),
      task: event.task ?? null,
      kind: event.kind,
      undone: event.active === false,
      times: 1,
    }))
    .reduce<Told[]>((told, one) => {
      const later = told.at(-1);
      if (later && alike(later, one)) later.times++;
      else told.push(one);
      return told;
    }, []);
}

function alike(later: Told, one: Told): boolean {
  const same = (['who', 'by', 'text', 'note', 'task', 'kind', 'undone'] as const).every(
    (key) => later[key] === one[key],
  );
  const apart = new Date(later.at).getTime() - new Date(one.at).getTime();
  return same && ['mask', 'undo', 'work'].includes(one.kind) && apart < TOGETHER_MS;
}

function actor(event: Annotation): Pick<Told, 'who' | 'by'> {
  if (event.actor.startsWith('model:')) return { who: event.actor.slice('model:'.length), by: 'model' };
  const file = event.bulk !== null && event.bulk !== undefined;
  return { who: event.actor, by: file ? 'file' : 'person' };
}

type Words = Pick<Told, 'text' | 'note' | 'colors'>;

function words(event: Annotation, classOf: ClassOf, byId: Map<string, Annotation>): Words {
  const { payload, kind } = event;
  if (kind === 'answer') return answer(event, classOf);
  if (kind === 'mask') return { text: maskText(event), note: maskNote(payload), colors: [] };
  if (kind === 'shapes') return shapes(event, classOf);
  if (kind === 'comment') return { text: String(payload.text ?? ''), note: null, colors: [] };
  if (kind === 'undo') return undo(event, byId);
  if (kind === 'work') return work(payload);
  if (kind === 'training')
    return { text: payload.use ? 'back in training' : 'removed from training', note: null, colors: [] };
  if (kind === 'attribute')
    return { text: `${String(payload.name)}: ${valueText(payload.value)}`, note: null, colors: [] };
  return { text: kind, note: null, colors: [] };
}

function answer(event: Annotation, classOf: ClassOf): Words {
  const { payload, task } = event;
  const title = (code: number) => classOf(task ?? null, code)?.title ?? `class ${code}`;
  const color = (code: number) => classOf(task ?? null, code)?.color ?? '#808080';
  const note = typeof payload.reason === 'string' ? payload.reason : null;
  if (Array.isArray(payload.classes)) {
    const codes = payload.classes as number[];
    return { text: codes.length ? codes.map(title).join(', ') : 'no class', note, colors: codes.map(color) };
  }
  const code = payload.class as number;
  const value = String(payload.value ?? 'positive');
  return { text: `${VALUES[value] ?? `${value}: `}${title(code)}`, note, colors: [color(code)] };
}

function maskText(event: Annotation): string {
  if (event.actor.startsWith('model:')) return 'proposed a mask';
  const { tool } = event.payload;
  if (typeof tool === 'string') return STROKES[tool] ?? `painted with the ${tool} tool`;
  return event.bulk ? 'brought a mask' : 'drew a mask';
}

function maskNote(payload: Annotation['payload']): string | null {
  const parts: string[] = [];
  const { strokes, seconds, tool } = payload; // a stroke of a tool is one, and its time is a part of the chip's
  if (typeof strokes === 'number' && strokes > 0 && !tool) parts.push(plural(strokes, 'stroke'));
  if (typeof seconds === 'number' && seconds > 0 && !tool) parts.push(duration(seconds));
  for (const [reason, pixels] of Object.entries((payload.reasons ?? {}) as Record<string, number>))
    parts.push(`${reason} ${count(pixels)} px`);
  return parts.length ? parts.join(', ') : null;
}

function shapes(event: Annotation, classOf: ClassOf): Words {
  const features = (event.payload.features ?? []) as { properties?: { class?: number } }[];
  const codes = [...new Set(features.map((f) => f.properties?.class).filter((c) => c !== undefined))];
  const found = codes.map((code) => classOf(event.task ?? null, code));
  const names = found.map((one, i) => one?.title ?? `class ${codes[i]}`).join(', ');
  if (features.length === 0) return { text: 'removed an outline', note: null, colors: [] };
  return {
    text: `drew ${plural(features.length, 'shape')}${names ? `: ${names}` : ''}`,
    note: null,
    colors: found.map((one) => one?.color ?? '#808080'),
  };
}

/** How far somebody says to be, and what else they say of it. */
function work(payload: Annotation['payload']): Words {
  const parts: string[] = [];
  if (typeof payload.difficulty === 'number') parts.push(`difficulty ${payload.difficulty}`);
  if (payload.cannot_tell) parts.push(`cannot tell: ${String(payload.cannot_tell)}`);
  if (payload.note) parts.push(`“${String(payload.note)}”`);
  return { text: `marked ${String(payload.state)}`, note: parts.join(', ') || null, colors: [] };
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'taken away';
  return typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value);
}

const NOUNS: Record<string, string> = {
  answer: 'an answer',
  mask: 'a mask',
  shapes: 'shapes',
  comment: 'a comment',
  work: 'how far the work is',
  undo: 'an undo',
};

function undo(event: Annotation, byId: Map<string, Annotation>): Words {
  const target = event.undoes ? byId.get(event.undoes) : undefined;
  if (target?.kind === 'undo') return { text: 'did it again', note: null, colors: [] };
  const whose = target && target.actor !== event.actor ? ` of ${target.actor}` : '';
  if (target && typeof target.payload.tool === 'string')
    return { text: `took back a stroke${whose}`, note: null, colors: [] };
  return { text: `took back ${NOUNS[target?.kind ?? ''] ?? 'an act'}${whose}`, note: null, colors: [] };
}
