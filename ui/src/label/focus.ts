/** For fields that open to be written in: `autofocus` of the framework leaves the focus where a button has it. */
export function takesFocus(field: HTMLElement): void {
  field.focus();
}
