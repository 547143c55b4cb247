/** Segments taken whole: the pointer shows the best one, the wheel the others that contain it, a click takes it. */
import type { LabelObject, Modifiers, Point, Preview } from '../contract';
import { objectAt, pixelsOf } from '../regions/objects';
import { outlineOf } from '../regions/outline';
import { areaOf, type RegionTree, type Segment, segmentsAt } from '../regions/tree';
import { BaseTool } from './bench';

/** What the tool has to do with: the segments of the chip, the objects that were taken, what becomes of a choice. */
export interface RegionBench {
  readonly tree: RegionTree | null;
  readonly objects: readonly LabelObject[];
  colour(code: number): string;
  /** The class that a click gives: the first of the shortlist. */
  first(one: Segment): number;
  /** What the pointer is over, for the panel: a segment, or an object that was taken. */
  over(segment: Segment | null, object: LabelObject | null, place: { at: number; of: number }): void;
  take(one: Segment, code: number | null): void;
  /** Shortlist or scheme by number key: false where there is no such. */
  choose(n: number, segment: Segment | null, object: LabelObject | null): boolean;
  remove(object: LabelObject): void;
  /** What a model placed becomes the person's word. */
  confirm(object: LabelObject): void;
  lift(object: LabelObject, up: boolean): void;
  /** Ask a model that answers clicks; false where there is none. */
  ask(at: Point, positive: boolean): boolean;
  /** Name of that model while it has answered. */
  readonly prompted: string | null;
}

/** Where there are no segments. */
export const NO_REGIONS: RegionBench = {
  tree: null,
  objects: [],
  colour: () => '#9aa5b1',
  first: () => 255,
  over: () => undefined,
  take: () => undefined,
  choose: () => false,
  remove: () => undefined,
  confirm: () => undefined,
  lift: () => undefined,
  ask: () => false,
  prompted: null,
};

type Choice = { segment: Segment; object: null } | { segment: null; object: LabelObject };

export class Region extends BaseTool {
  readonly name = 'region';
  private choices: Choice[] = [];
  private at = 0;
  private cell: { row: number; col: number } | null = null;
  private of: [RegionTree | null, readonly LabelObject[]] = [null, []];

  private get regions(): RegionBench {
    return this.bench.regions();
  }

  private get choice(): Choice | null {
    return this.choices[this.at] ?? null;
  }

  move(at: Point): void {
    this.look(at);
  }

  down(at: Point): boolean {
    if (!this.on(at)) return false;
    this.look(at);
    return true;
  }

  up(): void {
    const { choice } = this;
    if (choice?.segment) this.regions.take(choice.segment, null);
    else if (choice?.object?.proposed) this.regions.confirm(choice.object);
    this.again();
  }

  override cancel(): void {
    this.leave();
  }

  override leave(): void {
    this.choices = [];
    this.cell = null;
    super.leave();
    this.regions.over(null, null, { at: 0, of: 0 });
  }

  override wheel(at: Point, steps: number, how: Modifiers): boolean {
    if (how.ctrl || how.alt || !this.on(at)) return false;
    this.look(at);
    if (this.choices.length < 2) return this.choices.length === 1;
    this.at = Math.min(this.choices.length - 1, Math.max(0, this.at + Math.sign(steps)));
    this.show();
    return true;
  }

  key(key: string): boolean {
    const { choice, cell } = this;
    if (cell && (key === 'ask' || key === 'without'))
      return this.regions.ask({ x: cell.col + 0.5, y: cell.row + 0.5 }, key === 'ask');
    if (!choice) return false;
    if (/^[1-9]$/.test(key)) {
      const done = this.regions.choose(Number(key), choice.segment, choice.object);
      if (done) this.again();
      return done;
    }
    if (key === 'more' || key === 'less') {
      this.at = Math.min(this.choices.length - 1, Math.max(0, this.at + (key === 'more' ? 1 : -1)));
      this.show();
      return true;
    }
    const { object } = choice;
    if (!object) return false;
    if (key === 'Delete') this.regions.remove(object);
    else if (key === 'up' || key === 'down') this.regions.lift(object, key === 'up');
    else return false;
    this.again();
    return true;
  }

  /** Something else lies under the pointer by now. */
  private again(): void {
    const { cell } = this;
    this.cell = null;
    if (cell) this.look({ x: cell.col + 0.5, y: cell.row + 0.5 });
  }

  private look(at: Point): void {
    if (!this.on(at)) {
      this.leave();
      return;
    }
    const { tree, objects } = this.regions;
    const [row, col] = [Math.floor(at.y), Math.floor(at.x)];
    const known = tree === this.of[0] && objects === this.of[1];
    if (known && this.cell?.row === row && this.cell.col === col) return;
    const before = known ? this.choice : null;
    this.cell = { row, col };
    this.of = [tree, objects];
    const object = objectAt(objects, row, col);
    const found = tree ? segmentsAt(tree, row, col) : [];
    const { prompted } = this.regions;
    const asked = (one: Segment): boolean => one.source !== null && one.source === prompted;
    const segments = [...found.filter(asked), ...found.filter((one) => !asked(one))];
    this.choices = [
      ...(object ? [{ segment: null, object } as const] : []),
      ...segments.map((segment) => ({ segment, object: null }) as const),
    ];
    // who has scrolled to a segment keeps it while the pointer is in it
    const kept = this.choices.findIndex((one) => keyOf(one) === (before && keyOf(before)));
    this.at = Math.max(0, kept);
    this.show();
  }

  private show(): void {
    const { choice } = this;
    const place = { at: this.at, of: this.choices.length };
    this.regions.over(choice?.segment ?? null, choice?.object ?? null, place);
    this.preview = choice && this.seenOf(choice);
  }

  private seenOf({ segment, object }: Choice): Preview | null {
    const { tree } = this.regions;
    const area = object ? pixelsOf(object) : tree && segment ? areaOf(tree, segment) : null;
    if (!area) return null;
    const code = object ? object.class : this.regions.first(segment!);
    const lines = outlineOf(area).map((points) => ({ points, closed: true, bare: true }));
    return object ? { lines } : { lines, patch: { patch: area, color: this.regions.colour(code) } };
  }
}

function keyOf({ segment, object }: Choice): string {
  return segment ? segment.key : `o${object.id}`;
}
