/** Where what opens in the top layer stands. */

const EDGE = 8;
/** So much room is enough for a panel that scrolls. */
const ENOUGH = 320;

export interface Placing {
  /** Which edges meet. */
  align?: 'left' | 'right';
  /** CSS pixels between the two. */
  gap?: number;
}

/** Shows a popover below its button, or above where that has more room; never beyond the window's edges. */
export function openBeside(panel: HTMLElement, button: HTMLElement, { align = 'left', gap = 4 }: Placing = {}): void {
  panel.showPopover?.();
  const box = button.getBoundingClientRect();
  const own = panel.getBoundingClientRect();
  const below = innerHeight - box.bottom - gap - EDGE;
  const above = box.top - gap - EDGE;
  const under = below >= Math.min(own.height, ENOUGH) || below >= above;
  const room = under ? below : above;
  const left = align === 'right' ? box.right - own.width : box.left;
  panel.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - own.width - EDGE))}px`;
  panel.style.top = `${under ? box.bottom + gap : box.top - gap - Math.min(own.height, room)}px`;
  panel.style.maxHeight = `${room}px`;
}

/** Calls when a press is neither on the panel nor on its button. */
export function onPressElsewhere(parts: () => (HTMLElement | undefined)[], run: () => void): () => void {
  const press = (event: PointerEvent): void => {
    const target = event.target as Node;
    if (!parts().some((part) => part?.contains(target))) run();
  };
  addEventListener('pointerdown', press);
  return () => removeEventListener('pointerdown', press);
}
