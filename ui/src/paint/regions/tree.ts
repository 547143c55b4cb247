/** Nested segments of a chip as the server tells them, and those of models beside them: what a click can take whole. */
import { type Npy, NpyError } from '../../canvas/npy';
import type { components } from '../../lib/openapi';
import { type Box, type LabelObject, ORIGIN, type Patch, type Point } from '../contract';
import { saidOf } from '../tools/cells';
import { outlineOf } from './outline';
import { type Area, decodeRle, encodeRle, holds, type Rle, runningEnds } from './rle';

export type Told = components['schemas']['Regions'];
export type ToldExtra = components['schemas']['ModelSegment'];
export type Prompted = components['schemas']['PromptMasks'];

/** What no leaf is, in the file of leaves. */
const NOWHERE = { u2: 0xffff, u4: 0xffffffff } as const;
/** Of two that share so much the better one stands for both. */
const ALIKE = 0.9;
/** Whoever takes more of the chip at once should know. */
export const MUCH = 0.5;

/** A segment that can be taken: a node of the tree, or a model's mask. */
export interface Segment {
  /** `n12` or `x3`. */
  readonly key: string;
  readonly node: number | null;
  readonly extra: number | null;
  /** In pixels. */
  readonly size: number;
  readonly bbox: [number, number, number, number];
  /** What it most likely is; null while no model can say. */
  readonly code: number | null;
  /** How likely that is, 0 to 1; null while no model can say. */
  readonly sure: number | null;
  /** What to show first, 1 the best; null: a leaf that is no candidate, the finest there is. */
  readonly score: number | null;
  /** Who says so: null for the tree. */
  readonly source: string | null;
}

interface Beside {
  readonly told: ToldExtra;
  readonly ends: Int32Array;
}

/** Made once from what the server sends; never changed. */
export interface RegionTree {
  readonly rows: number;
  readonly cols: number;
  readonly told: Told;
  readonly leaves: Uint16Array | Uint32Array;
  readonly nowhere: number;
  /** Leaves of a node are those whose place is from `first` to below `last`. */
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly extras: readonly Beside[];
}

/** Reads /regions and /regions/leaves. Throws NpyError where they do not fit together. */
export function regionTree(told: Told, leaves: Npy): RegionTree {
  const [rows, cols] = leaves.shape;
  if ((leaves.dtype !== 'u2' && leaves.dtype !== 'u4') || rows !== told.rows || cols !== told.cols)
    throw new NpyError(
      `leaves of ${leaves.dtype} (${leaves.shape.join(', ')}) do not fit regions of ${told.rows} x ${told.cols} pixels`,
    );
  const { first, last } = spans(told.parent, told.leaves);
  return {
    rows,
    cols,
    told,
    leaves: leaves.data as Uint16Array | Uint32Array,
    nowhere: NOWHERE[leaves.dtype],
    first,
    last,
    extras: told.extras.map((one) => ({ told: one, ends: runningEnds(one.rle.counts) })),
  };
}

/** The same tree with further masks of models beside it (of a prompt, say). */
export function withExtras(tree: RegionTree, more: readonly ToldExtra[]): RegionTree {
  const extras = more.map((one) => ({ told: one, ends: runningEnds(one.rle.counts) }));
  return { ...tree, extras: [...tree.extras, ...extras] };
}

/** What a promptable model answered, as masks to lay beside a tree. */
export function besideOf(answer: Prompted, source: string): ToldExtra[] {
  return answer.masks.map(({ score, rle, bbox }) => ({
    class: null,
    sure: score,
    score: Math.min(1, Math.max(0, score)),
    size: rle.counts.reduce((sum, count, i) => sum + (i % 2 === 1 ? count : 0), 0),
    bbox,
    source,
    rle,
  }));
}

/** An order of leaves in which those of each node stand together. */
function spans(parent: readonly number[], leaves: number): { first: Int32Array; last: Int32Array } {
  const count = parent.length;
  const held = new Int32Array(count).fill(1, 0, leaves);
  for (let node = 0; node < count; node++) if (parent[node] !== node) held[parent[node]!]! += held[node]!;
  const first = new Int32Array(count);
  const cursor = new Int32Array(count);
  let end = 0;
  for (let node = count - 1; node >= 0; node--) {
    const up = parent[node]!;
    first[node] = up === node ? end : cursor[up]!;
    if (up === node) end += held[node]!;
    else cursor[up]! += held[node]!;
    cursor[node] = first[node]!;
  }
  return { first, last: first.map((from, node) => from + held[node]!) };
}

/** The leaf of a pixel; null outside of the chip and where there is no data. */
export function leafAt(tree: RegionTree, row: number, col: number): number | null {
  if (row < 0 || col < 0 || row >= tree.rows || col >= tree.cols) return null;
  const leaf = tree.leaves[row * tree.cols + col]!;
  return leaf === tree.nowhere ? null : leaf;
}

/** A node as a segment. */
export function segmentOf(tree: RegionTree, node: number): Segment {
  const { told } = tree;
  const percent = told.probability?.[node];
  const best = percent ? percent.indexOf(Math.max(...percent)) : -1;
  return {
    key: `n${node}`,
    node,
    extra: null,
    size: told.size[node]!,
    bbox: told.bbox[node] as Segment['bbox'],
    code: best < 0 ? null : told.classes[best]!,
    sure: best < 0 ? null : percent![best]! / 100,
    score: told.score[node] ?? null,
    source: null,
  };
}

/** A model's mask as a segment. */
export function extraOf(tree: RegionTree, index: number): Segment {
  const { told } = tree.extras[index]!;
  return {
    key: `x${index}`,
    node: null,
    extra: index,
    size: told.size,
    bbox: told.bbox as Segment['bbox'],
    code: told.class,
    sure: told.class === null ? null : told.sure,
    score: told.score,
    source: told.source,
  };
}

/**
 * The candidates that contain a pixel, best first: those of the class that its leaf is, or of none, come before others; then the leaf
 * itself if it is none, so that there always is a finest. Of two that nearly are the same the better one stands for both.
 */
export function segmentsAt(tree: RegionTree, row: number, col: number): Segment[] {
  const leaf = leafAt(tree, row, col);
  const found: Segment[] = [];
  if (leaf !== null) {
    for (let node = leaf; ; node = tree.told.parent[node]!) {
      if (tree.told.score[node] != null) found.push(segmentOf(tree, node));
      if (tree.told.parent[node] === node) break;
    }
  }
  tree.extras.forEach(({ told, ends }, index) => {
    if (within(told.bbox, row, col) && holds(ends, tree.rows, row, col)) found.push(extraOf(tree, index));
  });
  const here = leaf === null ? null : segmentOf(tree, leaf).code;
  const other = (one: Segment): number => (one.code === null || one.code === here ? 0 : 1);
  found.sort((a, b) => other(a) - other(b) || b.score! - a.score! || a.size - b.size);
  const out: Segment[] = [];
  for (const one of found) if (!out.some((kept) => alike(one, kept))) out.push(one);
  if (leaf !== null && tree.told.score[leaf] == null) out.push(segmentOf(tree, leaf));
  return out;
}

function within([x, y, width, height]: readonly number[], row: number, col: number): boolean {
  return col >= x! && row >= y! && col < x! + width! && row < y! + height!;
}

/** Nodes over one pixel are nested, so that sizes tell; of a model's mask the boxes must agree too. */
function alike(a: Segment, b: Segment): boolean {
  if (Math.min(a.size, b.size) < ALIKE * Math.max(a.size, b.size)) return false;
  if (a.node !== null && b.node !== null) return true;
  const [ax, ay, aw, ah] = a.bbox;
  const [bx, by, bw, bh] = b.bbox;
  const wide = Math.min(ax + aw, bx + bw) - Math.max(ax, bx);
  const high = Math.min(ay + ah, by + bh) - Math.max(ay, by);
  const shared = Math.max(0, wide) * Math.max(0, high);
  return shared >= ALIKE * (aw * ah + bw * bh - shared);
}

/** The best segments that do not overlap: what a labelling can start with. */
export function startOf(tree: RegionTree): Segment[] {
  return tree.told.start.map((node) => segmentOf(tree, node));
}

/** The pixels of a segment. */
export function areaOf(tree: RegionTree, one: Segment): Area {
  if (one.extra !== null) return decodeRle(tree.extras[one.extra]!.told.rle as Rle)!;
  const [x, y, width, height] = one.bbox;
  const there = new Uint8Array(width * height);
  const { first, leaves, cols, nowhere } = tree;
  const [from, to] = [tree.first[one.node!]!, tree.last[one.node!]!];
  for (let row = 0; row < height; row++) {
    let at = (y + row) * cols + x;
    for (let i = row * width, end = i + width; i < end; i++, at++) {
      const leaf = leaves[at]!;
      if (leaf !== nowhere && first[leaf]! >= from && first[leaf]! < to) there[i] = 1;
    }
  }
  return { x, y, width, height, there };
}

/** What taking a segment makes of the own layer: its pixels get the class, by a region, with a confidence (0 to 1) if any. */
export function patchOf(area: Area, code: number, sure: number | null = null): Patch {
  const patch = saidOf(area, { code, origin: ORIGIN.region });
  if (sure !== null) patch.confidence.fill(Math.round(100 * Math.min(1, Math.max(0, sure))));
  return patch;
}

/** The rings around a segment, in pixels of the chip. */
export function outline(tree: RegionTree, one: Segment): Point[][] {
  return outlineOf(areaOf(tree, one));
}

/** Class codes for a segment, the most probable first; what no model speaks of follows in the scheme's order. */
export function shortlist(tree: RegionTree, one: Segment, scheme: readonly number[]): number[] {
  const percent = one.node === null ? undefined : tree.told.probability?.[one.node];
  const chance = new Map<number, number>();
  if (percent) tree.told.classes.forEach((code, i) => chance.set(code, percent[i]!));
  else if (one.code !== null) chance.set(one.code, 100);
  const rank = (code: number): number => chance.get(code) ?? -1;
  return [...scheme].sort((a, b) => rank(b) - rank(a)); // sorting is stable
}

/** How likely a segment is of a class, 0 to 1; null where no model says. */
export function chanceOf(tree: RegionTree, one: Segment, code: number): number | null {
  const percent = one.node === null ? undefined : tree.told.probability?.[one.node];
  const at = tree.told.classes.indexOf(code);
  if (percent) return at < 0 ? 0 : percent[at]! / 100;
  return one.code === code ? one.sure : null;
}

/** How likely some pixels are of each class, 0 to 1: the mean of the leaves below them; null while no model can say. */
export function chancesIn(tree: RegionTree, area: Area): Map<number, number> | null {
  const { probability, classes } = tree.told;
  if (!probability) return null;
  const sums = new Float64Array(classes.length);
  let pixels = 0;
  for (let i = 0; i < area.there.length; i++) {
    if (!area.there[i]) continue;
    const leaf = leafAt(tree, area.y + Math.floor(i / area.width), area.x + (i % area.width));
    if (leaf === null) continue;
    pixels++;
    probability[leaf]!.forEach((percent, at) => (sums[at]! += percent));
  }
  return new Map(classes.map((code, at) => [code, sums[at]! / Math.max(1, pixels) / 100]));
}

/** A segment as an object of the label. */
export function objectOf(
  tree: RegionTree,
  area: Area,
  facts: { id: string; code: number; score: number | null; depth: number },
): LabelObject {
  const { x, y, width, height } = area as Box;
  return {
    id: facts.id,
    class: facts.code,
    score: facts.score,
    depth: facts.depth,
    bbox: [x, y, width, height],
    rle: encodeRle(area, tree.rows, tree.cols),
  };
}
