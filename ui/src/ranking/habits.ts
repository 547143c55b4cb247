/** How a person has chips suggested; kept in the browser. */
import { recall, remember } from '../lib/stored';

export interface Habits {
  n: number;
  /** Share of answered chips that the model doubts. */
  doubted: number;
}

const USUAL: Habits = { n: 50, doubted: 0.1 };

export function habits(): Habits {
  try {
    const told = JSON.parse(recall('suggest') ?? '{}') as Partial<Habits>;
    const n = Math.round(Number(told.n));
    const doubted = Number(told.doubted);
    return {
      n: n >= 1 && n <= 1000 ? n : USUAL.n,
      doubted: told.doubted !== undefined && doubted >= 0 && doubted <= 1 ? doubted : USUAL.doubted,
    };
  } catch {
    return { ...USUAL };
  }
}

export function keepHabits(now: Habits): void {
  remember('suggest', JSON.stringify(now));
}
