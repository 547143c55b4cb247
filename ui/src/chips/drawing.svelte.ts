/** A rectangle or a lasso that is drawn over the map with the pointer. */
import { type Point, box, drawn, trail } from './lasso';
import type { Tool } from './MapTools.svelte';

/** What the shape does to the selection. */
export type How = 'add' | 'remove' | 'replace';

export interface Board {
  /** What is drawn on; undefined while nothing can be. */
  place: () => HTMLElement | undefined;
  began: (event: PointerEvent) => void;
  ended: () => void;
  drawn: (around: readonly Point[], how: How) => void;
}

export class Drawing {
  tool = $state<Tool>('move');
  shape = $state.raw<Point[] | null>(null);
  private start: Point | null = null;

  constructor(private readonly board: Board) {}

  /** A tool, or the hand again where it was taken already. */
  take(next: Tool): void {
    this.tool = this.tool === next ? 'move' : next;
  }

  /** A shape begins: with a tool, or as a rectangle while Shift is held. */
  down(event: PointerEvent): void {
    const place = this.board.place();
    if (!place || event.button !== 0 || (this.tool === 'move' && !event.shiftKey)) return;
    if (event.target !== null && !place.contains(event.target as Node)) return; // a button over the map
    this.start = pointOf(event, place);
    this.shape = [this.start];
    this.board.began(event);
  }

  moved(event: PointerEvent): void {
    const place = this.board.place();
    if (!this.start || !this.shape || !place) return;
    const now = pointOf(event, place);
    this.shape = this.tool === 'lasso' ? trail(this.shape, now) : box(this.start, now);
  }

  up(event: PointerEvent): void {
    if (!this.start || !this.shape) return;
    const around = this.shape;
    this.cancel();
    if (!drawn(around)) return;
    this.board.drawn(around, event.ctrlKey || event.metaKey ? 'add' : event.altKey ? 'remove' : 'replace');
  }

  cancel(): void {
    if (this.start) this.board.ended();
    this.start = this.shape = null;
  }

  /** Give up the shape and the tool; false where there is neither. */
  stop(): boolean {
    if (!this.shape && this.tool === 'move') return false;
    this.cancel();
    this.tool = 'move';
    return true;
  }
}

function pointOf(event: PointerEvent, place: HTMLElement): Point {
  const around = place.getBoundingClientRect();
  return { x: event.clientX - around.left, y: event.clientY - around.top };
}
