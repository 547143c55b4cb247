/** Keys of the cascade's page: those of labelling on the wall, about one class, and its own. */
import { labelKeys } from '../label/keys';
import type { Hands } from '../label/hands.svelte';
import { labelling } from '../label/labelling.svelte';
import type { Binding } from '../lib/keys.svelte';
import type { CascadeState } from './state.svelte';

/**
 * The numbers answer for other classes too, but the class that is looked for stays in hand; undo and redo stay within
 * the cascade.
 */
export function answerKeys(hands: Hands, cascade: CascadeState, nextClass: (by: number) => void): Binding[] {
  const within: Record<string, () => void> = {
    z: () => cascade.steps.undo(),
    y: () => cascade.steps.redo(),
    'Ctrl+z': () => cascade.steps.undo(),
    'Ctrl+y': () => cascade.steps.redo(),
    'Ctrl+Shift+z': () => cascade.steps.redo(),
    'Ctrl+Shift+Z': () => cascade.steps.redo(),
  };
  const plain = labelKeys(hands)
    .filter(({ key }) => !/^(Shift\+)?\d$/.test(key) && key !== '[' && key !== ']')
    .map((one) => ({ ...one, run: within[one.key] ?? one.run }));
  const codeOf = (number: number): number | undefined => labelling.classes[number - 1]?.code;
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const say = (number: number, value: 'positive' | 'negative') => (): void => {
    const code = codeOf(number);
    if (code !== undefined) hands.answer(value, code);
  };
  return [
    ...plain,
    ...numbers.map((n) => ({
      key: String(n),
      as: '1-9',
      title: n === 1 ? 'Positive for the class of this number' : '',
      run: say(n, 'positive'),
    })),
    ...numbers.map((n) => ({
      key: `Shift+${n}`,
      as: 'Shift+1-9',
      title: n === 1 ? 'Negative for the class of this number' : '',
      run: say(n, 'negative'),
    })),
    { key: '[', title: 'Former class of the scene', run: () => nextClass(-1) },
    { key: ']', title: 'Next class of the scene', run: () => nextClass(1) },
  ];
}
