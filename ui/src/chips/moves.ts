/** Keys that walk through a view, alone and with Shift to select on the way. */
import type { Binding } from '../lib/keys.svelte';
import type { Step } from './layout';
import type { ChipView } from './view';

const MOVES: readonly [key: string, title: string, by: Step][] = [
  ['ArrowLeft', 'Previous chip', 'left'],
  ['ArrowRight', 'Next chip', 'right'],
  ['ArrowUp', 'Chip above', 'up'],
  ['ArrowDown', 'Chip below', 'down'],
  ['PageUp', 'One screen up', 'pageup'],
  ['PageDown', 'One screen down', 'pagedown'],
  ['Home', 'First chip of the row', 'rowstart'],
  ['End', 'Last chip of the row', 'rowend'],
  ['Ctrl+Home', 'First chip', 'home'],
  ['Ctrl+End', 'Last chip', 'end'],
];

export function moveKeys(view: () => ChipView | undefined): Binding[] {
  return [
    ...MOVES.map(([key, title, by]) => ({ key, title, run: () => void view()?.move(by) })),
    ...MOVES.map(([key, , by]) => ({
      key: key.startsWith('Ctrl+') ? key.replace('Ctrl+', 'Ctrl+Shift+') : `Shift+${key}`,
      title: by === 'right' ? 'Select on the way, with all of these' : '',
      run: () => void view()?.extend?.(by),
    })),
  ];
}
