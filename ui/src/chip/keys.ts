/** The keys of a chip's page. */
import type { Size } from '../canvas';
import * as commands from './commands';
import type { ChipState } from './state.svelte';

export interface KeyHost {
  canvas: () => Size;
  open: (next: string | null | undefined, where: string) => void;
  togglePanels: () => void;
  back: () => void;
}

export function bindings(chip: ChipState, host: KeyHost): { key: string; title: string; run: () => void }[] {
  const before = () => host.open(chip.around.previous, 'before this one');
  const after = () => host.open(chip.around.next, 'after this one');
  const zoom = (factor: number) => () => commands.zoomBy(chip, factor, host.canvas());
  const walk = (rows: number, cols: number) => () => commands.walkPixel(chip, rows, cols, host.canvas());
  const blink = commands.blinker();
  return [
    { key: '[', title: 'Chip before', run: before },
    { key: ']', title: 'Chip after', run: after },
    { key: 'ArrowLeft', title: 'Chip before', run: before },
    { key: 'ArrowRight', title: 'Chip after', run: after },
    ...Object.entries(commands.SIDES).map(([key, side]) => ({
      key: `Ctrl+${key}`,
      title: `Neighbour to the ${side}`,
      run: () => host.open(chip.detail?.neighbours[side], `to the ${side}`),
    })),
    { key: '+', title: 'Closer', run: zoom(1.5) },
    { key: '=', title: 'Closer', run: zoom(1.5) },
    { key: '-', title: 'Farther', run: zoom(1 / 1.5) },
    { key: '0', title: 'Whole chip', run: () => commands.seeWhole(chip) },
    { key: 'Shift+ArrowUp', title: 'Marked pixel up', run: walk(-1, 0) },
    { key: 'Shift+ArrowDown', title: 'Marked pixel down', run: walk(1, 0) },
    { key: 'Shift+ArrowLeft', title: 'Marked pixel left', run: walk(0, -1) },
    { key: 'Shift+ArrowRight', title: 'Marked pixel right', run: walk(0, 1) },
    { key: 'l', title: 'Next layer', run: () => commands.turnLayer(chip, 1) },
    { key: 'L', title: 'Layer before', run: () => commands.turnLayer(chip, -1) },
    { key: 's', title: 'Stretch: scene, chip, full', run: () => commands.turnStretch(chip) },
    { key: 'i', title: 'Invert', run: () => chip.choice && chip.adjust({ invert: !chip.choice.adjust.invert }) },
    { key: 'o', title: 'Next overlay', run: () => commands.turnOverlay(chip, 1) },
    { key: 'O', title: 'Overlay before', run: () => commands.turnOverlay(chip, -1) },
    { key: 'm', title: 'Overlay on or off', run: () => blink(chip) },
    { key: ',', title: 'Overlay weaker', run: () => commands.fade(chip, -0.1) },
    { key: '.', title: 'Overlay stronger', run: () => commands.fade(chip, 0.1) },
    { key: 'r', title: 'Picture as at first', run: () => chip.reset() },
    { key: 'p', title: 'Panels on or off', run: host.togglePanels },
    {
      key: 'Escape',
      title: 'Unmark the pixel, then back to the chips',
      run: () => (chip.pinned ? (chip.pinned = null) : host.back()),
    },
  ];
}
