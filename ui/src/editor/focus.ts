/** Who has the keyboard: the picture, unless a control has a use for the key. */

const PRESSED = 'button:not([aria-haspopup]), summary, label:has(input:is([type=checkbox], [type=radio]))';

/** Attached to controls: who pressed one with the mouse goes on in the picture; Space and Enter are not for it again. */
export function goOn(node: HTMLElement): () => void {
  const focus = (): void => {
    if (document.querySelector('dialog[open]')) return;
    node.closest('.page')?.querySelector<HTMLElement>('[role=application]')?.focus({ preventScroll: true });
  };
  const pressed = (event: MouseEvent): void => {
    const control = event.target instanceof Element && event.target.closest(PRESSED);
    if (event.detail > 0 && control) setTimeout(focus); // a label hands the focus to its input first
  };
  node.addEventListener('click', pressed);
  return () => node.removeEventListener('click', pressed);
}

/** Keys that a control under the focus has a use for are its own. */
export function keepKeys(event: KeyboardEvent): void {
  const target = event.target instanceof Element ? event.target : null;
  const walks = /^(Arrow|Home|End|Page)/.test(event.key);
  if (walks && target?.closest('input[type=range], input[type=radio], [role=menu]')) event.stopPropagation();
  if (event.key === 'Enter' && target?.closest('button, a, select, summary, input')) event.stopPropagation();
}
