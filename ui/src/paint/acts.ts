/** What a person does to the labels of a chip, as it waits in the outbox: strokes, steps back and forth, what is recorded. */
import type { Parts } from '../label/outbox';
import type { LabelObject, Patch } from './contract';

interface Common {
  id: string;
  actor: string;
  task: string;
  chip: string;
}

export interface StrokeAct extends Common {
  kind: 'stroke';
  tool: string;
  patch: Patch;
  /** Event of the layer that it was drawn on; null on an empty layer. */
  base: string | null;
  /** Active seconds since the stroke before. */
  seconds: number;
  objects?: LabelObject[];
}

/** Takes a stroke back, or (`forth`) takes that back. */
export interface StepAct extends Common {
  kind: 'step';
  /** The stroke. */
  stroke: string;
  forth: boolean;
  undoes: string;
}

export interface Work {
  state: 'complete' | 'incomplete';
  difficulty?: number;
  note?: string;
  cannot_tell?: string;
}

export interface WorkAct extends Common {
  kind: 'work';
  work: Work;
  /** Active seconds since the act before. */
  seconds: number;
}

/** A shape of an outline task, or the bulk act that several of them belong to. */
export interface ShapesAct extends Common {
  kind: 'shapes' | 'bulk';
  payload: Record<string, unknown>;
  bulk?: string;
}

export type PaintAct = StrokeAct | StepAct | WorkAct | ShapesAct;

/** Each act is one event; an act is its own. A large chip's stroke may be some MB before it is packed: few at a time. */
export const PARTS: Parts<PaintAct, PaintAct> = {
  sizeOf: () => 1,
  eventOf: (act) => act,
  chipOf: (act) => act.chip,
  tells: (act) => act.kind !== 'step',
  most: 24,
};

const WORDS: Record<PaintAct['kind'], string> = {
  stroke: 'A stroke',
  step: 'An undo or redo',
  work: 'The record',
  shapes: 'An outline',
  bulk: 'A change of outlines',
};

export function inWords(act: PaintAct): string {
  return `${WORDS[act.kind]} on ${act.chip}`;
}
