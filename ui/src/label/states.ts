/** Chips by what was answered, as a clause of the list's filter. */
import { split } from '../chips/cql';

export const STATES = {
  all: { title: 'All chips', clause: '' },
  unlabelled: { title: 'Unlabelled', clause: 'value IS NULL' },
  labelled: { title: 'Labelled', clause: 'value IS NOT NULL' },
  positive: { title: 'Positive', clause: "value = 'positive'" },
  negative: { title: 'Negative', clause: "value = 'negative'" },
  unsure: { title: 'Unsure', clause: "value = 'unsure'" },
  'not-applicable': { title: 'Not applicable', clause: "value = 'not-applicable'" },
  removed: { title: 'Removed from training', clause: 'training = FALSE' },
} as const;

export type StateName = keyof typeof STATES;
export const STATE_NAMES = Object.keys(STATES) as StateName[];

function plain(clause: string): string {
  return clause.replace(/\s+/g, ' ').trim().toLowerCase();
}

function named(clause: string): StateName | null {
  return STATE_NAMES.find((name) => name !== 'all' && plain(STATES[name].clause) === plain(clause)) ?? null;
}

/** The state that a filter's text keeps. */
export function stateIn(text: string): StateName {
  return (
    split(text)
      .map(named)
      .find((name) => name !== null) ?? 'all'
  );
}

/** The text with this state in place of the one it had; the other clauses stay as they are. */
export function withState(text: string, state: StateName): string {
  const others = split(text).filter((clause) => named(clause) === null);
  return [...others, STATES[state].clause].filter(Boolean).join(' AND ');
}
