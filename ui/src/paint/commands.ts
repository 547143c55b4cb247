/** What keys do in the editor: one list, from which keys, `?`, tooltips and the dialog to change them are made. */
import type { Binding } from '../lib/keys.svelte';

export interface Command {
  id: string;
  title: string;
  /** Under which head it stands in the dialog. */
  part: 'Tools' | 'Draw' | 'Labels' | 'See' | 'Chips' | 'Assistant';
  /** Keys as they come; the first is shown. */
  keys: readonly string[];
  run: (event: KeyboardEvent) => void;
}

/** Keys that a person chose, by command. */
export type Chosen = Readonly<Record<string, string>>;

/** Keys that are the shell's, or that make no sense alone. */
const TAKEN = ['?', 'Escape', 'Tab', 'g', 'F5', 'F11', 'F12'];

export function keyOf(command: Command, chosen: Chosen): string {
  return chosen[command.id] ?? command.keys[0] ?? '';
}

/** A key that was chosen stands in place of all of a command's own; '' is none. */
export function keysOf(command: Command, chosen: Chosen): readonly string[] {
  const own = chosen[command.id];
  if (own === undefined) return command.keys;
  return own === '' ? [] : [own];
}

/** Why a key cannot be had for a command; null where it can. `frees`: the command that has it now. */
export function clash(
  commands: readonly Command[],
  chosen: Chosen,
  id: string,
  key: string,
): { says: string; frees: Command | null } | null {
  if (TAKEN.includes(key)) return { says: `${key} is a key of the page itself.`, frees: null };
  const other = commands.find((one) => one.id !== id && keysOf(one, chosen).includes(key));
  return other ? { says: `${key} is the key of “${other.title}”.`, frees: other } : null;
}

/** What is left of the chosen keys once they are checked: of commands that are there, each key once. */
export function sound(commands: readonly Command[], chosen: Chosen): Chosen {
  const out: Record<string, string> = {};
  for (const command of commands) {
    const key = chosen[command.id];
    if (typeof key === 'string' && (key === '' || !Object.values(out).includes(key))) out[command.id] = key;
  }
  return out;
}

export function bindingsOf(commands: readonly Command[], chosen: Chosen): Binding[] {
  const changed = new Set(Object.values(chosen));
  return commands.flatMap((command) =>
    keysOf(command, chosen)
      // a key that somebody took for another command is no longer this one's
      .filter((key) => chosen[command.id] === key || !changed.has(key))
      .map((key, at) => ({ key, title: at === 0 ? command.title : '', run: command.run })),
  );
}
