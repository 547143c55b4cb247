/** What tools are given: the chip under them and what is in hand. A tool keeps nothing else than its own stroke. */
import type { MaskPixels } from '../../canvas';
import type { Modifiers, Patch, Point, Preview, StrokeFacts, Tool } from '../contract';
import { Cells, type Saying, saidOf } from './cells';
import type { AskBench } from './ask';
import type { Values } from './flood';
import type { RegionBench } from './region';
import type { Cut } from './threshold';

export interface Bench {
  readonly rows: number;
  readonly cols: number;
  /** Class in hand (255: unlabelled on purpose) and its colour. */
  readonly code: number;
  readonly color: string;
  /** Of brush, eraser and line, in pixels. */
  readonly width: number;
  /** 0 to 1. */
  readonly tolerance: number;
  /** What flood compares. */
  values(): Values[];
  shown(): MaskPixels | null;
  apply(patch: Patch, facts: StrokeFacts): void;
  pick(code: number): void;
  regions(): RegionBench;
  asks(): AskBench;
  /** Where a threshold lies; null where it can lie nowhere. */
  cut(): Cut | null;
  cutAt(value: number): void;
  /** Brush and line grow, flood tolerates more, a threshold rises. */
  more(steps: number): void;
}

export const ERASING = '#ffffff';

/** What tools have in common: the preview, and how a stroke ends. */
export abstract class BaseTool implements Tool {
  abstract readonly name: string;
  readonly cursor: string = 'crosshair';
  preview: Preview | null = null;

  constructor(protected readonly bench: Bench) {}

  /** What is drawn over every view now. */
  sees(): Preview | null {
    return this.preview;
  }

  abstract down(at: Point, how: Modifiers): boolean;
  abstract move(at: Point, how: Modifiers): void;
  abstract up(at: Point, how: Modifiers): void;

  cancel(): void {
    this.preview = null;
  }

  leave(): void {
    this.preview = null;
  }

  wheel(_at: Point, steps: number, how: Modifiers): boolean {
    if (!how.alt) return false;
    this.bench.more(steps);
    return true;
  }

  protected get saying(): Saying {
    return { code: this.bench.code };
  }

  protected cells(): Cells {
    return new Cells(this.bench.rows, this.bench.cols);
  }

  /** Over the chip, and not beside it. */
  protected on({ x, y }: Point): boolean {
    return x >= 0 && y >= 0 && x < this.bench.cols && y < this.bench.rows;
  }

  protected seen(cells: Cells, color = this.bench.color): Preview['patch'] {
    const patch = cells.area();
    return patch && { patch, color };
  }

  protected finish(cells: Cells, saying: Saying = this.saying): void {
    const area = cells.area();
    this.preview = null;
    if (area) this.bench.apply(saidOf(area, saying), { tool: this.name });
  }
}
