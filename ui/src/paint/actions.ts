/** The commands of the editor; panels add their own (`more`). */
import type { Point } from './contract';
import type { Command } from './commands';
import type { PaintDoc } from './doc.svelte';
import { FAR, type Hand } from './hand.svelte';
import { TOOLBOX } from './toolbox';

export interface Actor {
  doc: () => PaintDoc;
  hand: Hand;
  classes: () => readonly { code: number; title: string }[];
  /** Where the keyboard begins: under the pointer, or in the middle of what is seen. */
  here: () => Point;
  next: () => void;
  previous: () => void;
  finish: () => void;
  told: () => void;
  panels: () => void;
  keys: () => void;
  unlabelled: number;
}

const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] } as const;
const SIDES = { ArrowLeft: 'left', ArrowRight: 'right', ArrowUp: 'up', ArrowDown: 'down' } as const;

export function commandsOf(does: Actor): Command[] {
  return [...tools(does), ...drawing(does), ...labels(does), ...seeing(does), ...chips(does)];
}

function tools({ hand }: Actor): Command[] {
  return [
    ...TOOLBOX.map(({ name, title, key }): Command => {
      return { id: name, title, part: 'Tools', keys: [key], run: () => hand.take(name) };
    }),
    { id: 'move', title: 'Move the picture', part: 'Tools', keys: ['q'], run: () => hand.take(null) },
    {
      id: 'region more',
      title: 'Region: the next segment here',
      part: 'Tools',
      keys: ['.'],
      run: () => hand.key('more'),
    },
    { id: 'region less', title: 'Region: the one before', part: 'Tools', keys: [','], run: () => hand.key('less') },
    { id: 'region ask', title: 'Region: ask a model here', part: 'Tools', keys: [';'], run: () => hand.key('ask') },
    {
      id: 'region without',
      title: 'Region: ... and without this',
      part: 'Tools',
      keys: [':'],
      run: () => hand.key('without'),
    },
    { id: 'region remove', title: 'Region: remove', part: 'Tools', keys: ['Delete'], run: () => hand.key('Delete') },
    { id: 'region up', title: 'Region: one step up', part: 'Tools', keys: ['}'], run: () => hand.key('up') },
    { id: 'region down', title: 'Region: one step down', part: 'Tools', keys: ['{'], run: () => hand.key('down') },
    {
      id: 'smaller',
      title: 'Smaller, less tolerant, a lower cut',
      part: 'Tools',
      keys: ['['],
      run: () => hand.more(-1),
    },
    { id: 'larger', title: 'Larger, more tolerant, a higher cut', part: 'Tools', keys: [']'], run: () => hand.more(1) },
  ];
}

function drawing({ doc, hand, here }: Actor): Command[] {
  const walks = Object.entries(ARROWS).flatMap(([key, [dx, dy]]): Command[] => {
    const side = SIDES[key as keyof typeof SIDES];
    const walk = (by: number) => (event: KeyboardEvent) => hand.walk(by * dx, by * dy, here(), event.shiftKey);
    return [
      { id: `cell ${side}`, title: `Pixel cursor ${side}`, part: 'Draw', keys: [key], run: walk(1) },
      { id: `far ${side}`, title: `${FAR} pixels ${side}`, part: 'Draw', keys: [`Shift+${key}`], run: walk(FAR) },
    ];
  });
  return [
    { id: 'undo', title: 'Undo', part: 'Draw', keys: ['u', 'Ctrl+z'], run: () => hand.key('undo') || doc().undo() },
    {
      id: 'redo',
      title: 'Redo',
      part: 'Draw',
      keys: ['r', 'Ctrl+y', 'Ctrl+Shift+z', 'Ctrl+Shift+Z'],
      run: () => doc().redo(),
    },
    {
      id: 'press',
      title: 'Draw at the pixel cursor; held, arrows draw on. A question: as it believes',
      part: 'Draw',
      keys: ['Space'],
      run: (event) => (hand.kind === 'ask' ? event.repeat || hand.key('agree') : hand.press(here())),
    },
    ...walks,
  ];
}

function labels({ hand, classes, unlabelled }: Actor): Command[] {
  return [
    ...NUMBERS.map((n): Command => {
      const take = (event: KeyboardEvent): void => {
        if (hand.kind === 'ask' && event.repeat) return;
        if ((hand.kind === 'region' || hand.kind === 'ask') && hand.key(String(n))) return;
        const one = classes()[n - 1];
        if (one) hand.code = one.code;
      };
      return {
        id: `class ${n}`,
        title: `Class ${n} in hand, or the answer`,
        part: 'Labels',
        keys: [String(n)],
        run: take,
      };
    }),
    {
      id: 'rest',
      title: 'The rest: what has no label gets the class in hand',
      part: 'Labels',
      keys: ['F'],
      run: () => hand.rest(),
    },
    {
      id: 'unlabelled',
      title: 'Unlabelled in hand. A question: mixed, or cannot tell',
      part: 'Labels',
      keys: ['n'],
      run: (event) => {
        if (hand.kind !== 'ask') hand.code = unlabelled;
        else if (!event.repeat) hand.key('skip');
      },
    },
  ];
}

function seeing({ panels, keys }: Actor): Command[] {
  return [
    { id: 'panels', title: 'Panels', part: 'See', keys: ['\\'], run: panels },
    { id: 'keys', title: 'Change keys', part: 'See', keys: ['Ctrl+k'], run: keys },
  ];
}

function chips({ doc, next, previous, finish, told }: Actor): Command[] {
  return [
    { id: 'next', title: 'Next chip, the most useful one', part: 'Chips', keys: ['Enter'], run: next },
    { id: 'previous', title: 'Chip before', part: 'Chips', keys: ['Backspace'], run: previous },
    { id: 'finish', title: 'Complete, and next chip', part: 'Chips', keys: ['Shift+Enter'], run: finish },
    {
      id: 'complete',
      title: 'Complete, or not',
      part: 'Chips',
      keys: ['m'],
      run: () => doc().record({ state: doc().work.state === 'complete' ? 'incomplete' : 'complete' }),
    },
    ...NUMBERS.slice(0, 5).map((n): Command => {
      const run = (): void => doc().record({ difficulty: n });
      return { id: `difficulty ${n}`, title: `Difficulty ${n}`, part: 'Chips', keys: [`Shift+${n}`], run };
    }),
    { id: 'saved', title: 'What is saved', part: 'Chips', keys: ['s'], run: told },
  ];
}
