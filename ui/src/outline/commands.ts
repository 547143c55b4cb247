/** What keys do in the editor of outlines; the dialog to change them is the pixel editor's. */
import type { Command } from '../paint/commands';
import { COUNTS } from '../paint/views/arrangement';
import type { OutlineEditor } from './editor.svelte';
import { FACES } from './toolbox';

const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const FAR = 10;
const ARROWS = {
  ArrowLeft: [-1, 0, 'left'],
  ArrowRight: [1, 0, 'right'],
  ArrowUp: [0, -1, 'up'],
  ArrowDown: [0, 1, 'down'],
} as const;

export function commandsOf(editor: OutlineEditor): Command[] {
  return [...tools(editor), ...drawing(editor), ...seeing(editor), ...chips(editor)];
}

function tools(editor: OutlineEditor): Command[] {
  return FACES.map(({ name, title, key }) => {
    return { id: name, title, part: 'Tools', keys: [key], run: () => editor.hand.take(name) };
  });
}

function drawing(editor: OutlineEditor): Command[] {
  const draw = (id: string, title: string, keys: string[], run: () => void): Command => {
    return { id, title, part: 'Draw', keys, run };
  };
  const hand = () => editor.hand;
  const picked = () => editor.hand.picked;
  const turn = (mode: 'hole' | 'part'): void => {
    const { draft } = editor.hand;
    draft.mode = draft.mode === mode ? 'shape' : mode;
  };
  const walks = Object.entries(ARROWS).flatMap(([key, [dx, dy, side]]) => [
    draw(`move ${side}`, `Vertex, shape or cursor ${side} by a pixel`, [key], () => editor.arrow(dx, dy)),
    draw(`far ${side}`, `${FAR} pixels ${side}`, [`Shift+${key}`], () => editor.arrow(FAR * dx, FAR * dy)),
  ]);
  return [
    draw('undo', 'Undo', ['u', 'Ctrl+z'], () => editor.undo()),
    draw('redo', 'Redo', ['r', 'Ctrl+y', 'Ctrl+Shift+z', 'Ctrl+Shift+Z'], () => editor.outlines?.redo()),
    draw('press', 'Set a vertex at the cursor', ['Space'], () => editor.press()),
    ...walks,
    draw('remove', 'Delete the vertex, or what is selected', ['Delete'], () => picked().remove()),
    draw('duplicate', 'Duplicate', ['c'], () => picked().duplicate()),
    draw('next shape', 'Next shape in view', [']'], () => editor.step(1)),
    draw('last shape', 'Shape before', ['['], () => editor.step(-1)),
    draw('next vertex', 'Next vertex', ['.'], () => picked().nextVertex(1)),
    draw('last vertex', 'Vertex before', [','], () => picked().nextVertex(-1)),
    draw('split', 'A vertex on the edge after the chosen one', ['i'], () => picked().split()),
    draw('hole', 'The next outline is a hole', ['h'], () => turn('hole')),
    draw('part', 'The next outline is another part', ['w'], () => turn('part')),
    draw('snap', 'Snap to other shapes', ['n'], () => hand().setSnapping(!hand().snapping)),
    ...NUMBERS.map((n): Command => {
      const run = (): void => {
        const one = editor.classes[n - 1];
        if (one) editor.setCode(one.code);
      };
      return {
        id: `class ${n}`,
        title: `Class ${n}; while selecting of what is selected`,
        part: 'Labels',
        keys: [String(n)],
        run,
      };
    }),
  ];
}

function seeing(editor: OutlineEditor): Command[] {
  const { views } = editor;
  const see = (id: string, title: string, keys: string[], run: () => void): Command => {
    return { id, title, part: 'See', keys, run };
  };
  return [
    see('closer', 'Closer', ['+', '='], () => editor.zoom(1.5)),
    see('farther', 'Farther', ['-'], () => editor.zoom(1 / 1.5)),
    see('chip', 'This chip', ['f'], () => editor.toChip()),
    see('scene', 'Whole scene', ['0'], () => (views.view = { ...views.view, fit: true })),
    see('outlines', 'Outlines shown, or not', ['b'], () => (editor.shown = !editor.shown)),
    ...COUNTS.map((count) =>
      see(`views ${count}`, count === 1 ? 'One view' : `${count} views`, [`Alt+${count}`], () => views.resize(count)),
    ),
    see('place before', 'View to the place before', ['Alt+ArrowLeft'], () =>
      views.swap(views.active, views.active - 1),
    ),
    see('place after', 'View to the place after', ['Alt+ArrowRight'], () => views.swap(views.active, views.active + 1)),
    see('look', 'How the view looks', ['q'], () => (views.asked = views.panes[views.active]?.key ?? null)),
    see('panels', 'Panels', ['\\'], () => editor.turnPanels()),
    see('keys', 'Change keys', ['Ctrl+k'], () => (editor.listing = true)),
  ];
}

function chips(editor: OutlineEditor): Command[] {
  const of = (id: string, title: string, keys: string[], run: () => void): Command => {
    return { id, title, part: 'Chips', keys, run };
  };
  const complete = (): void => {
    const { outlines } = editor;
    outlines?.record({ state: outlines.work.state === 'complete' ? 'incomplete' : 'complete' });
  };
  return [
    of('next', 'Close the outline, else next chip', ['Enter'], () => editor.hand.key('Enter') || void editor.next()),
    of(
      'back',
      'Take the last vertex back',
      ['Backspace'],
      () => editor.hand.key('Backspace') || editor.hand.picked.remove(),
    ),
    of('complete', 'Complete, or not', ['m'], complete),
    ...NUMBERS.slice(0, 5).map((n) =>
      of(`difficulty ${n}`, `Difficulty ${n}`, [`Shift+${n}`], () => editor.outlines?.record({ difficulty: n })),
    ),
  ];
}
