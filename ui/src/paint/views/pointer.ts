/**
 * Mouse, pen and fingers on a view: the tool in hand gets what is drawn, the view what moves it. Two fingers, the middle and
 * the right button, Ctrl and a held H move; the wheel zooms unless the tool has a use for it.
 */
import {
  listen,
  panBy,
  pinch,
  settle,
  spotIn,
  toImage,
  wheelBy,
  wheelZoom,
  zoomAt,
  type Framed,
  type Size,
  type Spot,
  type View,
} from '../../canvas';
import type { Modifiers, Point, Tool } from '../contract';

export interface PointerHost {
  view: () => View;
  image: () => Framed;
  setView: (view: View) => void;
  tool: () => Tool | null;
  /** Whether a press moves the view whatever the tool is. */
  panning: () => boolean;
  /** The place under the pointer, or that it is gone. */
  onpoint: (at: Point | null) => void;
  /** The tool has heard something: what it shows may be another. */
  onwork: () => void;
}

const STEP = 40;

export function pointer(node: HTMLElement, host: PointerHost): () => void {
  const fingers = new Map<number, Spot>();
  /** Who draws, and who moves. */
  let drawing: number | null = null;
  let moving: number | null = null;
  let last: Spot = { x: 0, y: 0 };
  let wheeled = 0;

  const spotOf = (event: MouseEvent): Spot => spotIn(node, event);
  const canvas = (): Size => ({ width: node.clientWidth, height: node.clientHeight });
  const seen = () => settle(host.view(), host.image(), canvas());
  const placeOf = (spot: Spot): Point => {
    const [x, y] = toImage(seen(), spot, canvas());
    return { x, y };
  };
  const how = (event: MouseEvent): Modifiers => ({
    shift: event.shiftKey,
    ctrl: event.ctrlKey || event.metaKey,
    alt: event.altKey,
  });
  const pan = (dx: number, dy: number) => host.setView(panBy(seen(), dx, dy, host.image()));

  function drop(): void {
    if (drawing === null) return;
    drawing = null;
    host.tool()?.cancel();
    host.onwork();
  }

  function press(event: PointerEvent): void {
    if (event.button > 2) return;
    event.preventDefault();
    node.focus({ preventScroll: true });
    node.setPointerCapture(event.pointerId);
    const spot = spotOf(event);
    if (event.pointerType === 'touch') {
      fingers.set(event.pointerId, spot);
      if (fingers.size > 1) {
        drop();
        moving = null;
        host.onpoint(null);
        return;
      }
    }
    last = spot;
    const tool = host.tool();
    const draws = tool && event.button === 0 && !event.ctrlKey && !event.metaKey && !host.panning();
    const at = placeOf(spot);
    host.onpoint(at);
    if (draws && tool.down(at, how(event))) {
      drawing = event.pointerId;
      host.onwork();
      return;
    }
    if (draws) host.onwork();
    moving = event.pointerId;
    node.classList.add('dragging');
  }

  function move(event: PointerEvent): void {
    const spot = spotOf(event);
    const before = fingers.get(event.pointerId);
    if (before && fingers.size > 1) {
      const other = [...fingers].find(([id]) => id !== event.pointerId)![1];
      host.setView(pinch(seen(), before, spot, other, host.image(), canvas()));
      fingers.set(event.pointerId, spot);
      return;
    }
    if (before) fingers.set(event.pointerId, spot);
    if (moving === event.pointerId) {
      pan(spot.x - last.x, spot.y - last.y);
      last = spot;
    }
    host.onpoint(placeOf(spot));
    if (moving !== null) return;
    const tool = host.tool();
    if (!tool) return;
    if (drawing === event.pointerId) for (const one of between(event)) tool.move(placeOf(spotOf(one)), how(event));
    else if (drawing === null) tool.move(placeOf(spot), how(event));
    host.onwork();
  }

  function release(event: PointerEvent): void {
    fingers.delete(event.pointerId);
    if (moving === event.pointerId) {
      moving = null;
      node.classList.remove('dragging');
    }
    if (drawing !== event.pointerId) return;
    drawing = null;
    if (event.type === 'pointerup') host.tool()?.up(placeOf(spotOf(event)), how(event));
    else host.tool()?.cancel();
    host.onwork();
  }

  function leave(event: PointerEvent): void {
    if (drawing === event.pointerId || moving === event.pointerId) return;
    host.onpoint(null);
    host.tool()?.leave?.();
    host.onwork();
  }

  function wheel(event: WheelEvent): void {
    event.preventDefault();
    const amount = wheelBy(event);
    const spot = spotOf(event);
    const tool = host.tool();
    // a trackpad's pinch comes as a wheel with Ctrl: it zooms always
    if (!event.ctrlKey && tool?.wheel) {
      wheeled = Math.sign(wheeled) === Math.sign(amount) ? wheeled + amount : amount;
      const steps = Math.trunc(wheeled / STEP) || Math.sign(amount) * (Math.abs(amount) >= STEP ? 1 : 0);
      if (steps !== 0) wheeled = 0;
      if (tool.wheel(placeOf(spot), Math.max(-3, Math.min(3, steps)), how(event))) return host.onwork();
    }
    host.setView(zoomAt(seen(), wheelZoom(event), spot, host.image(), canvas()));
    host.onpoint(placeOf(spot));
  }

  function twice(event: MouseEvent): void {
    const spot = spotOf(event);
    const tool = host.tool();
    if (tool?.double?.(placeOf(spot))) return host.onwork();
    if (!tool) host.setView(zoomAt(seen(), event.shiftKey ? 0.5 : 2, spot, host.image(), canvas()));
  }

  const menu = (event: Event) => event.preventDefault();
  return listen(node, [
    ['pointerdown', press],
    ['pointermove', move],
    ['pointerup', release],
    ['pointercancel', release],
    ['pointerleave', leave],
    ['wheel', wheel, { passive: false }],
    ['dblclick', twice],
    ['contextmenu', menu],
  ]);
}

/** All places that the pointer passed since the last event: a fast stroke stays round. */
function between(event: PointerEvent): readonly PointerEvent[] {
  const passed = event.getCoalescedEvents?.() ?? [];
  return passed.length ? passed : [event];
}
