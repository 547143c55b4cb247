/** Draws all views of the editor: pictures, each in its look; outlines and marks, the same on all of them. */
import { toCanvas, type Size, type View } from '../canvas';
import { theme } from '../lib/theme.svelte';
import { SceneBoard } from '../paint/views/sceneboard';
import type { SceneState } from '../paint/views/scene.svelte';
import type { OutlineEditor } from './editor.svelte';
import { drawMarks } from './marks';
import { Moving } from './moving';
import type { Tiles } from './sheet';

export interface Surface {
  scene: SceneState;
  /** Draws the picture itself, where it is none of a scene. */
  paint: ((canvas: HTMLCanvasElement, size: Size, view: View) => void) | null;
  picture: HTMLCanvasElement;
  shapes: Tiles;
  marks: HTMLCanvasElement;
  /** Around the chip that the page is about. */
  chip: HTMLElement;
}

export type Part = 'picture' | 'shapes' | 'marks';

export class Painter {
  private readonly board: SceneBoard;
  private readonly surfaces = new Map<string, Surface>();
  private readonly todo = new Set<Part>();
  private readonly pictures = new Moving();
  private readonly shapes = new Moving();
  private frame = 0;
  private resting: ReturnType<typeof setTimeout> | undefined;
  private rested = false;

  /** `ondrawn`: what has been said is on the screen. `onbroken`: why there is no picture. */
  constructor(
    private readonly editor: OutlineEditor,
    private readonly ondrawn: () => void,
    onbroken: (why: string) => void,
  ) {
    this.board = new SceneBoard(() => this.ask('picture'), onbroken);
  }

  add(key: string, surface: Surface): () => void {
    this.surfaces.set(key, surface);
    this.anew();
    return () => {
      this.surfaces.delete(key);
      this.anew();
    };
  }

  ask(...parts: Part[]): void {
    for (const part of parts) this.todo.add(part);
    this.frame ||= requestAnimationFrame(() => this.draw());
  }

  destroy(): void {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.resting);
    this.board.destroy();
  }

  /** Canvases came or went: none of them can be trusted. */
  private anew(): void {
    this.pictures.at = this.shapes.at = null;
    this.ask('picture', 'shapes', 'marks');
  }

  private all<T>(of: (one: Surface) => T): T[] {
    return [...this.surfaces.values()].map(of);
  }

  private draw(): void {
    this.frame = 0;
    const { seen, cell: size } = this.editor.views;
    if (!seen || this.surfaces.size === 0) return;
    const begun = performance.now();
    const drawn = this.picture(size);
    const ofShapes = this.outlines(size);
    const said = this.editor.marks();
    for (const { marks, chip } of this.surfaces.values()) {
      drawMarks(marks, seen, size, said);
      this.frameChip(chip);
    }
    // the graphics card works on while this goes on: how long it took is seen when the next frame can be drawn
    if (drawn) requestAnimationFrame(() => this.pictures.took(performance.now() - begun - ofShapes));
    this.todo.clear();
    this.rested = false;
    const blurred = [
      this.pictures.place(
        this.all((one) => one.picture),
        seen,
      ),
      this.shapes.place(
        this.all((one) => one.shapes.host),
        seen,
      ),
    ].includes(true);
    clearTimeout(this.resting);
    const restMs = Math.max(this.pictures.restMs, this.shapes.restMs);
    if (blurred) this.resting = setTimeout(() => ((this.rested = true), this.ask()), restMs);
    this.ondrawn();
  }

  private frameChip({ style }: HTMLElement): void {
    const { box } = this.editor;
    const { seen, cell } = this.editor.views;
    if (!box || !seen) return;
    const [x, y] = toCanvas(seen, box.x, box.y, cell);
    style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
    style.width = `${box.width * seen.zoom}px`;
    style.height = `${box.height * seen.zoom}px`;
  }

  private picture(size: Size): boolean {
    const seen = this.editor.views.seen!;
    if (!this.todo.has('picture') && !this.pictures.due(seen, size, this.rested)) return false;
    const all = [...this.surfaces.values()];
    for (const { paint, picture } of all) paint?.(picture, size, seen);
    const views = all.filter((one) => !one.paint).map(({ scene, picture }) => ({ scene, canvas: picture }));
    this.board.draw(views, seen, size, theme.value);
    this.pictures.drawn(seen, size);
    return true;
  }

  /** Answers how many milliseconds it took. */
  private outlines(size: Size): number {
    const { editor } = this;
    const seen = editor.views.seen!;
    const begun = performance.now();
    const shown = this.all((one) => one.shapes);
    for (const { host } of shown) host.hidden = !editor.shown;
    const look = { colour: editor.colour, fill: editor.fill, ratio: window.devicePixelRatio || 1 };
    if (editor.layer.spoiled || this.shapes.due(seen, size, this.rested)) {
      editor.layer.whole(shown, seen, size, look);
      this.shapes.drawn(seen, size);
      this.shapes.took(performance.now() - begun);
    } else if (this.todo.has('shapes')) editor.layer.mend(shown, this.shapes.at!, size, look);
    return performance.now() - begun;
  }
}
