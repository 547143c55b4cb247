/** Mouse, pen and fingers on a canvas, as changes of a view: drag, wheel, pinch, double click. */

import { panBy, settle, zoomAt, type Framed, type Size, type Spot, type View } from './view';

export interface GestureHost {
  view: () => View;
  image: () => Framed | null;
  setView: (view: View) => void;
  /** The pointer is here (CSS pixels from the corner of the canvas), or gone. */
  onpoint?: (spot: Spot | null) => void;
  /** A press and release without a drag between; `more` with Shift or Ctrl. */
  onpick?: (spot: Spot, more: boolean) => void;
}

const CLICK_REACH = 4;
const WHEEL_LINE = 16;
const MOST_WHEEL = 240;

type Listener = [name: string, run: (event: never) => void, options?: AddEventListenerOptions];

/** Adds listeners; what takes them off again. */
export function listen(node: HTMLElement, listeners: readonly Listener[]): () => void {
  for (const [name, run, options] of listeners) node.addEventListener(name, run as EventListener, options);
  return () => {
    for (const [name, run, options] of listeners) node.removeEventListener(name, run as EventListener, options);
  };
}

/** Where an event is, in CSS pixels from the corner of an element. */
export function spotIn(node: HTMLElement, event: MouseEvent): Spot {
  const box = node.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

/** How far the wheel was turned, CSS pixels; a free-running wheel is held back. */
export function wheelBy(event: WheelEvent): number {
  const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? WHEEL_LINE : 1;
  return Math.max(-MOST_WHEEL, Math.min(MOST_WHEEL, event.deltaY * lines));
}

/** How much closer a turn of the wheel goes; a trackpad's pinch comes as a small wheel with Ctrl. */
export function wheelZoom(event: WheelEvent): number {
  return Math.exp(-wheelBy(event) * (event.ctrlKey ? 0.01 : 0.002));
}

export function gestures(node: HTMLElement, host: GestureHost): () => void {
  const down = new Map<number, Spot>();
  let moved = 0;

  const spotOf = (event: MouseEvent): Spot => spotIn(node, event);
  const canvas = (): Size => ({ width: node.clientWidth, height: node.clientHeight });
  const change = (how: (view: View, image: Framed, canvas: Size) => View) => {
    const image = host.image();
    if (image) host.setView(how(settle(host.view(), image, canvas()), image, canvas()));
  };

  function press(event: PointerEvent): void {
    if (event.button > 1) return;
    node.setPointerCapture(event.pointerId);
    if (down.size === 0) moved = 0;
    down.set(event.pointerId, spotOf(event));
    if (event.button === 1) event.preventDefault();
  }

  function move(event: PointerEvent): void {
    const spot = spotOf(event);
    const before = down.get(event.pointerId);
    if (event.pointerType !== 'touch' || down.size < 2) host.onpoint?.(spot);
    if (!before) return;
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    moved += Math.hypot(spot.x - before.x, spot.y - before.y);
    if (other) change((view, image, size) => pinch(view, before, spot, other, image, size));
    else if (moved > CLICK_REACH) change((view, image) => panBy(view, spot.x - before.x, spot.y - before.y, image));
    if (other || moved > CLICK_REACH) down.set(event.pointerId, spot);
    node.classList.toggle('dragging', moved > CLICK_REACH);
  }

  function release(event: PointerEvent): void {
    const had = down.delete(event.pointerId);
    if (down.size === 0) node.classList.remove('dragging');
    if (had && event.type === 'pointerup' && event.button === 0 && moved <= CLICK_REACH && down.size === 0)
      host.onpick?.(spotOf(event), event.shiftKey || event.ctrlKey || event.metaKey);
  }

  function wheel(event: WheelEvent): void {
    event.preventDefault();
    change((view, image, size) => zoomAt(view, wheelZoom(event), spotOf(event), image, size));
  }

  function twice(event: MouseEvent): void {
    change((view, image, size) => zoomAt(view, event.shiftKey ? 0.5 : 2, spotOf(event), image, size));
  }

  const leave = () => host.onpoint?.(null);
  return listen(node, [
    ['pointerdown', press],
    ['pointermove', move],
    ['pointerup', release],
    ['pointercancel', release],
    ['pointerleave', leave],
    ['wheel', wheel, { passive: false }],
    ['dblclick', twice],
  ]);
}

/** Two fingers: the place between them stays between them. */
export function pinch(view: View, before: Spot, now: Spot, other: Spot, image: Framed, canvas: Size): View {
  const apart = (a: Spot) => Math.max(1, Math.hypot(a.x - other.x, a.y - other.y));
  const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
  const moved = panBy(view, (now.x - before.x) / 2, (now.y - before.y) / 2, image);
  return zoomAt(moved, apart(now) / apart(before), middle, image, canvas);
}
