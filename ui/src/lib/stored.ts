/** localStorage and sessionStorage that may be absent or blocked (a frame of another origin). */
type Where = 'local' | 'session';

const memory = new Map<string, string>();

function storage(where: Where): Storage | null {
  try {
    return where === 'local' ? localStorage : sessionStorage;
  } catch {
    return null;
  }
}

export function recall(name: string, where: Where = 'local'): string | null {
  const kept = storage(where);
  return (kept ? kept.getItem(`groundset.${name}`) : memory.get(name)) ?? null;
}

export function remember(name: string, value: string, where: Where = 'local'): void {
  memory.set(name, value);
  try {
    storage(where)?.setItem(`groundset.${name}`, value);
  } catch {
    /* full or blocked: the memory has it until the page goes */
  }
}
