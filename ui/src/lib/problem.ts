/** What is said of a refusal, each thing once; and which field of a form it speaks of. */
import type { Problem } from './types';

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function titleOf(problem: Problem): string {
  return capital(problem.title);
}

/** The detail, where it says more than the title, what was asked, what was found and the hint do. */
export function detailOf(problem: Problem): string | null {
  let rest = problem.detail?.trim() ?? '';
  const said = [
    problem.title.replace(/\.$/, ''),
    problem.asked && `asked: ${problem.asked}`,
    problem.found && `found: ${problem.found}`,
    problem.hint?.replace(/\.$/, ''),
  ];
  for (const one of said) if (one) rest = rest.replace(one, '');
  return /[\p{L}\p{N}]/u.test(rest) ? capital(rest.replace(/^[\s.:;,]+/, '')) : null;
}

/** In one sentence or two, for a toast or beside a field. */
export function sentenceOf(problem: Problem): string {
  const title = titleOf(problem).replace(/\.$/, '');
  const found = problem.found && problem.found.length <= 80 ? ` (${problem.found})` : '';
  return problem.hint ? `${title}${found}. ${capital(problem.hint)}` : `${title}${found}`;
}

/** Whether asking again can have another answer: not where the question is the trouble. */
export function mayPass(problem: Problem): boolean {
  const { status } = problem;
  return status === 0 || [408, 409, 423, 425, 429].includes(status) || (status >= 500 && status !== 501);
}

/** Whether the server could not be reached, itself or behind a proxy. */
export function isLost(problem: Problem): boolean {
  return [0, 502, 503, 504].includes(problem.status);
}

/** The field of a form that a refusal is about: `asked` names it, or repeats what was typed there. */
export function fieldOf(problem: Problem, typed: Readonly<Record<string, string>>): string | null {
  const asked = problem.asked?.trim();
  if (!asked) return null;
  const head = asked.split(/\s*[=:]\s*/, 1)[0] ?? '';
  const named = head
    .split(/[.\s]+/)
    .map((word) => word.replace(/^-+/, '').replaceAll('-', '_'))
    .findLast((word) => word in typed);
  if (named) return named;
  const same = Object.keys(typed).filter((name) => typed[name]?.trim() === asked);
  return same.length === 1 ? same[0]! : null;
}
