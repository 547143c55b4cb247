/** Draws all views of the editor: pictures, each in its look; outlines and marks, the same on all of them. */
import type { Size } from '../canvas';
import { theme } from '../lib/theme.svelte';
import { SceneBoard } from '../paint/views/sceneboard';
import type { SceneState } from '../paint/views/scene.svelte';
import type { OutlineEditor } from './editor.svelte';
import { drawMarks } from './marks';
import { Moving, REST_MS } from './moving';

export interface Surface {
  scene: SceneState;
  picture: HTMLCanvasElement;
  shapes: HTMLCanvasElement;
  marks: HTMLCanvasElement;
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

  private all(part: Part): HTMLCanvasElement[] {
    return [...this.surfaces.values()].map((one) => one[part]);
  }

  private draw(): void {
    this.frame = 0;
    const { seen, cell: size } = this.editor.views;
    if (!seen || this.surfaces.size === 0) return;
    const begun = performance.now();
    const drawn = this.picture(size);
    const ofShapes = this.outlines(size);
    const said = this.editor.marks();
    for (const canvas of this.all('marks')) drawMarks(canvas, seen, size, said);
    // the graphics card works on while this goes on: how long it took is seen when the next frame can be drawn
    if (drawn) requestAnimationFrame(() => this.pictures.took(performance.now() - begun - ofShapes));
    this.todo.clear();
    this.rested = false;
    const blurred = [
      this.pictures.place(this.all('picture'), seen),
      this.shapes.place(this.all('shapes'), seen),
    ].includes(true);
    clearTimeout(this.resting);
    if (blurred) this.resting = setTimeout(() => ((this.rested = true), this.ask()), REST_MS);
    this.ondrawn();
  }

  private picture(size: Size): boolean {
    const seen = this.editor.views.seen!;
    if (!this.todo.has('picture') && !this.pictures.due(seen, size, this.rested)) return false;
    const views = [...this.surfaces.values()].map(({ scene, picture }) => ({ scene, canvas: picture }));
    this.board.draw(views, seen, size, theme.value);
    this.pictures.drawn(seen, size);
    return true;
  }

  /** Answers how many milliseconds it took. */
  private outlines(size: Size): number {
    const { editor } = this;
    const seen = editor.views.seen!;
    const begun = performance.now();
    const canvases = this.all('shapes');
    for (const canvas of canvases) canvas.hidden = !editor.shown;
    const look = { colour: editor.colour, fill: editor.fill, ratio: window.devicePixelRatio || 1 };
    if (editor.layer.spoiled || this.shapes.due(seen, size, this.rested)) {
      editor.layer.whole(canvases, seen, size, look);
      this.shapes.drawn(seen, size);
      this.shapes.took(performance.now() - begun);
    } else if (this.todo.has('shapes')) editor.layer.mend(canvases, this.shapes.at!, size, look);
    return performance.now() - begun;
  }
}
