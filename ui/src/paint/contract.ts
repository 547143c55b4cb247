/** What the parts of the pixel editor share: planes of labels, patches, tools. Coordinates are pixels of the chip. */
import type { ChipPixels, MaskPixels } from '../canvas';
import type { Work } from './acts';
import type { Active } from './active';

export const ORIGIN = { none: 0, human: 1, model: 2, region: 3, import: 4, consensus: 5, product: 6 } as const;

/** Class (255 unlabelled), origin and confidence in percent (255 none) of each pixel, row by row. */
export interface Planes {
  rows: number;
  cols: number;
  classes: Uint8Array;
  origin: Uint8Array;
  confidence: Uint8Array;
}

/** A rectangle of the chip in whole pixels. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What a stroke makes of the own layer: where `there` is 1 the pixel becomes what is given; origin 0 = nothing is said there. */
export interface Patch extends Box {
  there: Uint8Array;
  classes: Uint8Array;
  origin: Uint8Array;
  confidence: Uint8Array;
}

/** A segment that was accepted as a whole, thing or stuff. */
export interface LabelObject {
  id: string;
  class: number;
  score: number | null;
  depth: number;
  bbox: [number, number, number, number];
  /** COCO's uncompressed run lengths, column by column. */
  rle: { size: [number, number]; counts: number[] };
  /** A model placed it and nobody has looked at it: its pixels are the model's word, from which nothing is learned. */
  proposed?: boolean;
}

export interface StrokeFacts {
  tool: string;
  /** The whole list of the layer after the stroke, where it changes. */
  objects?: LabelObject[];
}

/** The chip being labelled, as tools and panels see it; PaintDoc (doc.svelte.ts) is one. Reads are reactive. */
export interface Doc {
  readonly chipId: string;
  readonly task: string;
  readonly pixels: ChipPixels | null;
  /** The person's own layer; null until loaded. */
  readonly own: Planes | null;
  /** All other layers, merged, product flags in. */
  readonly others: Planes | null;
  /** Own over others by precedence: what the label is; a new object after each change. */
  readonly shown: MaskPixels | null;
  readonly objects: readonly LabelObject[];
  /** Counts up with every change of own or others. */
  readonly version: number;
  apply(patch: Patch, facts: StrokeFacts): void;
  undo(): void;
  redo(): void;
}

/** What is recorded of a chip beside its labels, of pixels or outlines. */
export interface Recorded {
  readonly work: Work;
  readonly saved: 'saved' | 'saving' | 'offline' | 'refused';
  /** What was done, of this record or another, and the server does not have yet. */
  readonly waits: number;
  /** Strokes or edits of this person, and active seconds. */
  readonly strokes: number;
  readonly seconds: number;
  readonly active: Active;
  record(change: Partial<Work>): void;
  /** Nobody is there for now. */
  rest(): void;
}

/** A place under the pointer, in pixels of the chip; not rounded. */
export interface Point {
  x: number;
  y: number;
}

export interface Modifiers {
  shift: boolean;
  ctrl: boolean;
  alt: boolean;
}

/** What is drawn over every view while a tool works: outlines in pixels of the chip. */
export interface Preview {
  /** Of the brush at the pointer. */
  circle?: { at: Point; radius: number } | null;
  /** With their points where these are few, unless `bare`; `strong` ones are seen from afar. */
  lines?: { points: Point[]; closed: boolean; bare?: boolean; strong?: boolean }[];
  /** Pixels that would change, and their colour (#rrggbb); a patch as it grows says only where. */
  patch?: { patch: Box & { there: Uint8Array }; color: string } | null;
  /** The pixel that the arrow keys have walked to; its outline is drawn so that it is seen on every ground. */
  cell?: { row: number; col: number } | null;
}

/**
 * The tool in hand; the views hand it pointer (left button) and wheel. A method that answers true has used the event up;
 * a `down` that answers false, the middle button, the right one and two fingers move the picture. Reads are reactive.
 */
export interface Tool {
  readonly name: string;
  readonly cursor: string;
  readonly preview: Preview | null;
  down(at: Point, how: Modifiers): boolean;
  move(at: Point, how: Modifiers): void;
  up(at: Point, how: Modifiers): void;
  /** Another finger came, or the system took the pointer away: the stroke is given up. */
  cancel(): void;
  /** The pointer left without being pressed. */
  leave?(): void;
  wheel?(at: Point, steps: number, how: Modifiers): boolean;
  double?(at: Point): boolean;
  key?(key: string): boolean;
}

/** What lies over the picture beside the labels; the assistant's proposal is one. */
export interface Overlay {
  name: string;
  /** Class and confidence, or a ramp from `confidence` alone where `classes` is null. */
  classes: Uint8Array | null;
  confidence: Uint8Array;
  /** 1: seen in place of the label there, hatched, since it is not taken over yet; 2: faint, below the label; 0: not at all. */
  instead?: Uint8Array;
  rows: number;
  cols: number;
  opacity: number;
}
