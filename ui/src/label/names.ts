/** Names as the workspace keeps them, out of what a person types. */
import type { Task } from '../lib/types';

function plain(title: string): string {
  return title
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .replaceAll('ß', 'ss')
    .toLowerCase();
}

/** Name of a class: `Solar farm` is `solar-farm`; empty where nothing is left. */
export function nameOf(title: string): string {
  return plain(title)
    .replace(/[^a-z0-9_]+/g, '-')
    .replace(/^[-_]+|-+$/g, '')
    .slice(0, 64);
}

/** Name of an attribute, which is one in filters too: `Road works` is `road_works`. */
export function attributeName(title: string): string {
  return plain(title)
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[_0-9]+|_+$/g, '')
    .slice(0, 64);
}

const REST = /^(non|not|no|other|others|background|unknown|rest)([-_ ]|$)/i;

/** Classes that say what a chip is not: nobody looks for these first. */
export function isRest(name: string): boolean {
  return REST.test(name);
}

/** What a task asks about before what is answered: `the change, `; '' for a date. */
export function aboutOf(task: Pick<Task, 'about'> | null): string {
  return task?.about === 'period' || task?.about === 'change' ? `the ${task.about}, ` : '';
}
