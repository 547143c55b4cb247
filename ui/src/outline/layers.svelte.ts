/** What is done to many shapes at once, by the server: brought in, moved, mended, drawn into masks, traced from masks. */
import { asProblem, get } from '../lib/api';
import { count, plural } from '../lib/format';
import { sentenceOf } from '../lib/problem';
import { toast } from '../lib/toast.svelte';
import type { ImportReport, Problem, ShapeImport, ShapesChanged } from '../lib/types';
import type { Point } from '../paint/contract';
import type { Outlines } from './outlines.svelte';

/** Titles of problems that a word from the person solves. */
const NAMELESS = / no class column$|^class not in the scheme/;

export class Layers {
  imports = $state.raw<readonly ShapeImport[]>([]);
  /** The import that is moved; null: what is selected. */
  chosen = $state<string | null>(null);
  /** A file whose classes the scheme does not know: somebody has to say which they are. */
  unnamed = $state.raw<{ file: File; problem: Problem } | null>(null);
  private waiting = $state(0);
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly outlines: () => Outlines | null,
    private readonly selected: () => readonly string[],
  ) {}

  async refresh(): Promise<void> {
    const outlines = this.outlines();
    if (!outlines) return;
    const all = await get<ShapeImport[]>('/shapes/imports', { task: outlines.task });
    this.imports = all.filter((one) => one.scene === outlines.scene);
    if (!this.imports.some((one) => one.id === this.chosen)) this.chosen = this.imports[0]?.id ?? null;
  }

  /** One of these is under way. */
  get busy(): boolean {
    return this.waiting > 0;
  }

  /** Whether there is something to move. */
  get any(): boolean {
    return this.chosen !== null || this.selected().length > 0;
  }

  shift({ x, y }: Point): Promise<void> {
    const what = this.chosen ? { import: this.chosen } : { ids: this.selected() };
    return this.run(async (outlines) => {
      if (x === 0 && y === 0) return '';
      const body = { task: outlines.task, scene: outlines.scene, dx: x, dy: y, ...what };
      const told = await outlines.ask<ShapesChanged>('/shapes/shift', body);
      return `${plural(told.created, 'shape')} moved. Undo takes it back.`;
    });
  }

  repair(ids?: readonly string[]): Promise<void> {
    return this.run(async (outlines) => {
      const body = { task: outlines.task, scene: outlines.scene, ...(ids ? { ids } : {}) };
      const told = await outlines.ask<ShapesChanged>('/shapes/repair', body);
      const left = told.left?.length ? ` ${plural(told.left.length, 'shape')} could not be.` : '';
      return `${plural(told.created, 'shape')} repaired.${left}`;
    });
  }

  /** `naming`: the property that names the class, or the class of all. */
  bringIn(file: File, naming: { column?: string; class?: string } = {}): Promise<void> {
    this.unnamed = null;
    return this.run(async (outlines) => {
      const query = { task: outlines.task, name: file.name, ...naming };
      let told: ImportReport;
      try {
        told = await outlines.ask<ImportReport>('/shapes/import', file, query);
      } catch (error) {
        const problem = asProblem(error);
        if (!NAMELESS.test(problem.title)) throw error;
        this.unnamed = { file, problem };
        return '';
      }
      const crossing = told.crossing?.length ? ` ${plural(told.crossing.length, 'outline')} cross themselves.` : '';
      return told.created === 0 && told.known > 0
        ? `${file.name}: ${count(told.known)} shapes were here already.`
        : `${file.name}: ${plural(told.created, 'shape')} brought in.${crossing} Undo takes it back.`;
    });
  }

  rasterise(to: string): Promise<void> {
    return this.run(async (outlines) => {
      const { task, scene } = outlines;
      const body = { task, to, scene, all_touched: false, line_width: 1, point_size: 1 };
      const told = await outlines.ask<ShapesChanged>('/shapes/rasterise', body);
      return `Drawn into ${to}: ${plural(told.created, 'mask')}, ${count(told.known ?? 0)} as before.`;
    });
  }

  vectorise(of: string): Promise<void> {
    return this.run(async (outlines) => {
      const body = { of, task: outlines.task, scene: outlines.scene };
      const told = await outlines.ask<ShapesChanged>('/shapes/vectorise', body);
      return `${of} traced: ${plural(told.created, 'shape')}, ${count(told.known ?? 0)} as before. Undo takes it back.`;
    });
  }

  /** Acts take their turn: one that is asked for while another is under way is not lost. */
  private run(how: (outlines: Outlines) => Promise<string>): Promise<void> {
    const outlines = this.outlines();
    if (!outlines) return Promise.resolve();
    this.waiting += 1;
    this.turn = this.turn.then(() => this.take(how, outlines));
    return this.turn;
  }

  private async take(how: (outlines: Outlines) => Promise<string>, outlines: Outlines): Promise<void> {
    try {
      const says = await how(outlines);
      // Said when the list knows of it: what is said may be acted on at once.
      await this.refresh().finally(() => says && toast(says, { stay: 4000 }));
    } catch (error) {
      toast(sentenceOf(asProblem(error)), { kind: 'danger' });
    } finally {
      this.waiting -= 1;
    }
  }
}
