/** Keys of labelling, the same on wall, table and map. */
import type { Binding } from '../lib/keys.svelte';
import type { Hands } from './hands.svelte';
import { labelling } from './labelling.svelte';

/** The class of a number key, from 1. */
function take(number: number): number | null {
  const one = labelling.classes[number - 1];
  if (one) labelling.code = one.code;
  return one?.code ?? null;
}

/** The class in hand, so many further. */
export function turn(by: number): void {
  const { classes, code } = labelling;
  if (classes.length === 0) return;
  const at = classes.findIndex((one) => one.code === code);
  labelling.code = classes[(at + by + classes.length) % classes.length]!.code;
}

export function labelKeys(hands: Hands): Binding[] {
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const positive = (number: number): void => {
    const code = take(number);
    if (code !== null) hands.answer('positive', code);
  };
  const negative = (number: number): void => {
    const code = take(number);
    if (code !== null) hands.answer('negative', code);
  };
  return [
    ...numbers.map((n) => ({
      key: String(n % 10),
      as: '1-9',
      title: n === 1 ? 'Positive for the class of this number (0: the tenth)' : '',
      run: () => positive(n),
    })),
    ...numbers.map((n) => ({
      key: `Shift+${n % 10}`,
      as: 'Shift+1-9',
      title: n === 1 ? 'Negative for the class of this number' : '',
      run: () => negative(n),
    })),
    { key: 'p', title: 'Positive for the class in hand', run: () => hands.answer('positive') },
    { key: 'n', title: 'Negative for the class in hand', run: () => hands.answer('negative') },
    { key: 'u', title: 'Unsure', run: () => hands.answer('unsure') },
    { key: 'x', title: 'Not applicable', run: () => hands.answer('not-applicable') },
    { key: 'Backspace', title: 'Unlabel (or Delete)', run: () => hands.answer('unlabelled') },
    { key: 'Delete', title: '', run: () => hands.answer('unlabelled') },
    { key: 't', title: 'Remove from training, or take back in', run: () => hands.training() },
    { key: '[', title: 'Former class in hand', run: () => turn(-1) },
    { key: ']', title: 'Next class in hand', run: () => turn(1) },
    { key: 'z', title: 'Undo (or Ctrl+Z)', run: () => labelling.undo() },
    { key: 'y', title: 'Redo (or Ctrl+Y)', run: () => labelling.redo() },
    { key: 'Ctrl+z', title: '', run: () => labelling.undo() },
    { key: 'Ctrl+y', title: '', run: () => labelling.redo() },
    { key: 'Ctrl+Shift+z', title: '', run: () => labelling.redo() },
    { key: 'Ctrl+Shift+Z', title: '', run: () => labelling.redo() },
  ];
}
