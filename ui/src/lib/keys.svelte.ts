/** Keys: pages register theirs while they live, `?` lists them all. Sequences ('g h') and modifiers ('Shift+ArrowUp'). */

import { untrack } from 'svelte';

export interface Binding {
  /** `KeyboardEvent.key`, with `Ctrl+`, `Alt+`, `Shift+` in front; several after one another with a space: 'g h'. */
  key: string;
  /** Without one it works and is not listed: another key is listed for the same. */
  title: string;
  /** How it is listed, where one line stands for several keys. */
  as?: string;
  run: (event: KeyboardEvent) => void;
}

export interface Group {
  group: string;
  bindings: Binding[];
}

const PAUSE = 1200;

/** How an event is written in a binding. Shift is not said where the character says it ('?', 'A'). */
export function nameOf(event: KeyboardEvent): string {
  const key = event.key === ' ' ? 'Space' : event.key;
  const shift = event.shiftKey && (key.length > 1 || event.ctrlKey || event.metaKey || event.altKey);
  return `${event.ctrlKey || event.metaKey ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}${shift ? 'Shift+' : ''}${key}`;
}

/** A key of the row of figures, whatever the layout writes with it (`!`, `é`): `2` or `Shift+2`. */
function figureOf(event: KeyboardEvent): string | null {
  const figure = /^Digit(\d)$/.exec(event.code)?.[1];
  if (!figure || event.ctrlKey || event.metaKey || event.altKey) return null;
  return event.shiftKey ? `Shift+${figure}` : figure;
}

const PRESSED = 'button, summary, select, input, label, [role=button], [role=menuitem], [role=option], [role=tab]';

const TYPING =
  'input:not([type=checkbox], [type=radio], [type=range], [type=button]), textarea, select, [contenteditable=true]';

/** Keys belong to a field that is written in, and to an open dialog. */
function taken(event: KeyboardEvent): boolean {
  const target = event.target instanceof Element ? event.target : null;
  if (event.key === ' ' && target?.closest(PRESSED)) return true;
  return Boolean(target?.closest(TYPING)) || document.querySelector('dialog[open]') !== null;
}

class Keys {
  groups = $state.raw<Group[]>([]);
  /** Whether the list of all keys is open (shell/Help). */
  listed = $state(false);
  private pressed: string[] = [];
  private at = 0;

  register(group: Group): () => unknown {
    this.groups = [...this.groups, group];
    return () => (this.groups = this.groups.filter((one) => one !== group));
  }

  handle(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || ['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return;
    if (taken(event)) {
      this.pressed = [];
      return;
    }
    const now = event.timeStamp; // of the press: a busy page handles it late
    if (now - this.at > PAUSE) this.pressed = [];
    this.at = now;
    const figure = figureOf(event);
    const name = figure !== null && /^\d$/.test(event.key) ? figure : nameOf(event);
    const sequence = [...this.pressed, name].join(' ');
    const hit = this.find(sequence) ?? this.find(name) ?? (figure === null ? undefined : this.find(figure));
    if (hit) {
      this.pressed = [];
      event.preventDefault();
      hit.run(event);
    } else {
      this.pressed = this.starts(sequence) ? [...this.pressed, name] : this.starts(name) ? [name] : [];
    }
  }

  /** Bindings as they hold now: those that another group has taken over are left out. */
  get inForce(): Group[] {
    return this.groups.map(({ group, bindings }) => ({
      group,
      bindings: bindings.filter((one) => one.title !== '' && this.find(one.key) === one),
    }));
  }

  /** The one registered last wins: a page over the shell. */
  private find(key: string): Binding | undefined {
    return this.groups.flatMap((group) => group.bindings).findLast((one) => one.key === key);
  }

  private starts(key: string): boolean {
    return this.groups.some((group) => group.bindings.some((one) => one.key.startsWith(`${key} `)));
  }
}

export const keys = new Keys();

/** Keys of a component, for as long as it lives; call it while the component is set up. */
export function useKeys(group: string, bindings: Binding[]): void {
  // registering reads and writes the list: that must not run the effect again
  $effect(() => untrack(() => keys.register({ group, bindings })));
}
