/** The keys of a chip's page; those of labelling are label/keys.ts. */
import type { Size } from '../canvas';
import { middle, moved, resized } from './box';
import * as commands from './commands';
import type { ChipState } from './state.svelte';

export interface KeyHost {
  canvas: () => Size;
  open: (next: string | null | undefined, where: string) => void;
  togglePanels: () => void;
  back: () => void;
  /** Search for what is in the rectangle. */
  search: () => void;
}

export function bindings(chip: ChipState, host: KeyHost): { key: string; title: string; run: () => void }[] {
  const before = () => host.open(chip.around.previous, 'before this one');
  const after = () => host.open(chip.around.next, 'after this one');
  const zoom = (factor: number) => () => commands.zoomBy(chip, factor, host.canvas());
  /** With a rectangle the arrow keys are its own. */
  const arrow = (dx: number, dy: number, without: () => void) => () => {
    if (chip.box) chip.box = moved(chip.box, dx, dy, chip.image);
    else without();
  };
  const walk = (rows: number, cols: number) => () => {
    if (chip.box) chip.box = resized(chip.box, cols, rows, chip.image);
    else commands.walkPixel(chip, rows, cols, host.canvas());
  };
  const blink = commands.blinker();
  return [
    { key: 'ArrowLeft', title: 'Chip before', run: arrow(-1, 0, before) },
    { key: 'ArrowRight', title: 'Chip after', run: arrow(1, 0, after) },
    { key: 'ArrowUp', title: '', run: arrow(0, -1, () => undefined) },
    { key: 'ArrowDown', title: '', run: arrow(0, 1, () => undefined) },
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
    {
      key: 'r',
      title: 'Rectangle to search with (arrows move it, Shift sizes it)',
      run: () => {
        chip.beside = false;
        chip.boxing = true;
        chip.box ??= middle(chip.image);
      },
    },
    { key: 'Enter', title: 'Search for what is in the rectangle', run: () => chip.box && host.search() },
    { key: 'g', title: 'All layers side by side, or one', run: () => (chip.beside = !chip.beside) },
    { key: 'w', title: 'Two dates with a swipe, or one', run: () => chip.swipe.dates.length && chip.swipe.turn() },
    { key: 'b', title: 'Blink: one date, then the other', run: () => chip.swipe.blink() },
    { key: 'd', title: 'Surroundings of the chip on or off', run: () => chip.turnSurroundings() },
    { key: 'R', title: 'Picture as at first', run: () => chip.reset() },
    { key: '\\', title: 'Panels on or off', run: host.togglePanels },
    {
      key: 'Escape',
      title: 'Away with rectangle, board or marks, then back to the chips',
      run: () => leave(chip, host),
    },
  ];
}

/** One step back at a time. */
function leave(chip: ChipState, host: KeyHost): void {
  if (chip.box || chip.boxing) {
    chip.box = null;
    chip.boxing = false;
  } else if (chip.beside) chip.beside = false;
  else if (chip.pinned) chip.pinned = null;
  else host.back();
}
