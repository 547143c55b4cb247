/** What an act makes of a chip's row, as the server will say it: shown until the server does. */
import type { ChipLabel, ChipRow, SchemeClass } from '../lib/types';
import type { Act, AnswerValue } from './acts';

/** What of a row acts change: kept to bring it back. */
export type State = Pick<ChipRow, 'label' | 'training' | 'attributes'>;

export interface Rules {
  multi: boolean;
  classes: readonly SchemeClass[];
}

const NOTHING: ChipLabel = {
  classes: [],
  negative: [],
  reason: null,
  confidence: null,
  value: null,
  shares: null,
  methods: [],
  actors: [],
  answered_at: null,
};

export function stateOf({ label, training, attributes }: ChipRow): State {
  return { label, training, attributes };
}

/** The state after the act; the same object where it changes nothing. */
export function after(state: State, act: Act, rules: Rules): State {
  let now = state;
  for (const said of act.payloads) {
    if (act.kind === 'training') now = { ...now, training: said['use'] === true };
    else if (act.kind === 'attribute') now = attributed(now, String(said['name']), said['value']);
    else if (act.kind === 'answer') {
      const value = said['value'] as AnswerValue;
      now = { ...now, label: answered(now.label, Number(said['class']), value, said['reason'], act, rules) };
    }
  }
  return now;
}

function attributed(state: State, name: string, value: unknown): State {
  const attributes = { ...state.attributes };
  if (value === null || value === undefined) delete attributes[name];
  else attributes[name] = value as string | number | boolean;
  return { ...state, attributes };
}

function answered(
  label: ChipLabel | null,
  code: number,
  value: AnswerValue,
  reason: unknown,
  act: Act,
  { multi, classes }: Rules,
): ChipLabel | null {
  const was = label ?? NOTHING;
  const cannot = classes.find((one) => one.not_applicable)?.code;
  const without = (codes: readonly number[]): number[] => codes.filter((one) => one !== code && one !== cannot);
  // a chip that could not be answered says nothing of its classes
  const stood = was.value === 'unsure' || was.value === 'not-applicable' ? [] : without(was.classes);
  const not = without(was.negative ?? []);
  const said = (some: Partial<ChipLabel>): ChipLabel => ({
    ...NOTHING,
    methods: ['manual'],
    actors: [...new Set([...was.actors, act.actor])].sort(),
    answered_at: new Date().toISOString(),
    ...some,
  });
  const whole = (positive: number[], negative: number[]): ChipLabel | null => {
    const there = positive.length > 0 || multi ? positive : leftOf(negative, classes);
    return there.length + negative.length === 0
      ? null
      : said({ classes: there, negative, value: there.length > 0 ? 'positive' : 'negative' });
  };
  switch (value) {
    case 'positive':
      if (code === cannot) return said({ classes: [code], negative: not, value: 'not-applicable' });
      return said({ classes: (multi ? [...stood, code] : [code]).sort((a, b) => a - b), negative: not, value });
    case 'negative':
      return whole(
        stood,
        [...not, code].sort((a, b) => a - b),
      );
    case 'unlabelled':
      return multi ? whole(stood, not) : whole([], not);
    default:
      if (multi && stood.length > 0) return whole(stood, not);
      return said({
        classes: cannot === undefined ? [] : [cannot],
        negative: not,
        value,
        reason: typeof reason === 'string' ? reason : value === 'unsure' ? 'unsure' : null,
      });
  }
}

/** Where a chip has one of two classes, and is said not to be the one, it is the other. */
function leftOf(negative: readonly number[], classes: readonly SchemeClass[]): number[] {
  const codes = classes.filter((one) => !one.not_applicable).map((one) => one.code);
  const left = codes.filter((code) => !negative.includes(code));
  return codes.length === 2 && left.length === 1 ? left : [];
}

/** Classes of which the chip is a positive and a negative example, as the server counts them. */
export function exampleOf(state: State, { multi, classes }: Rules): { positive: number[]; negative: number[] } {
  const { label, training } = state;
  if (!label || label.value === 'unsure' || label.value === 'not-applicable' || training === false)
    return { positive: [], negative: [] };
  const positive = label.classes;
  const others = multi || positive.length === 0 ? [] : classes.filter((one) => !one.not_applicable);
  const negative = [...(label.negative ?? []), ...others.map((one) => one.code)];
  return { positive, negative: [...new Set(negative)].filter((code) => !positive.includes(code)) };
}
