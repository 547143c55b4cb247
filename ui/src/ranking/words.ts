/** What the ranking says, for people. */
import type { ClassRanking, Meaning } from '../lib/types';

/** What a score is called, and what that means. */
export const CALLED: Record<Meaning, { title: string; says: string }> = {
  none: { title: 'No ranking yet', says: 'Nothing is known of this class so far.' },
  similarity: {
    title: 'Similarity',
    says: 'How alike a chip is to the examples, from 0 to 1. It orders chips; it is not how likely they are right.',
  },
  score: {
    title: 'Score',
    says: 'A model’s score of too few labels to be checked. It orders chips; how sure it is cannot be said yet.',
  },
  confidence: {
    title: 'Confidence',
    says: 'How likely the class is there: checked on labelled chips that the model had not seen.',
  },
};

/** What the two ends of a scale of scores are: only a confidence says how likely something is. */
export const ENDS: Record<Meaning, readonly [low: string, high: string]> = {
  none: ['', ''],
  similarity: ['less alike', 'more alike'],
  score: ['lower', 'higher'],
  confidence: ['less likely', 'more likely'],
};

const ENOUGH = 20;

/** What to do next for this class, in one sentence; null where nothing stands in the way. */
export function nextStep(told: ClassRanking | null, title: string): string | null {
  if (!told) return null;
  const { positive, negative, meaning } = told;
  if (positive === 0 && negative === 0) return `Label a few chips with ${title} and a few without it, to begin.`;
  if (positive === 0) return `Label one chip with ${title}, and the machine can rank.`;
  if (negative === 0) return `Label one chip without ${title}, and the machine can tell the two apart.`;
  const more = ENOUGH - positive - negative;
  if (meaning !== 'confidence' && more > 0)
    return `${more} more ${more === 1 ? 'label' : 'labels'}, and a confidence can be worked out.`;
  return null;
}

export const METHODS = [
  { value: 'logistic', title: 'Logistic regression', says: 'Learns what sets the examples apart; the best in general' },
  { value: 'rocchio', title: 'Rocchio', says: 'Towards the mean of the examples, away from that of the others' },
  { value: 'mean', title: 'Generalized mean', says: 'The likeness to each example, pooled (as Distil does)' },
] as const;

/** An error between 0 and 1 in points. */
export function points(error: number): string {
  const value = 100 * error;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} points`;
}

export function share(value: number): string {
  return `${(100 * value).toFixed(value > 0.995 || value < 0.1 ? 1 : 0)} %`;
}

/** A likeness's examples, in words. */
export function examples(like: readonly string[]): string {
  const boxes = like.filter((one) => /@\d+,\d+,\d+,\d+$/.test(one)).length;
  const chips = like.length - boxes;
  const parts = [
    chips > 0 ? (chips === 1 ? 'this chip' : `${chips} chips`) : '',
    boxes > 0 ? (boxes === 1 ? 'a rectangle' : `${boxes} rectangles`) : '',
  ].filter(Boolean);
  return parts.join(' and ');
}

/**
 * What stands in the way, of what the server says: of other classes than the one in hand nothing, and nothing of labels
 * where the next step is said already.
 */
export function problemsOf(
  told: readonly string[],
  names: readonly string[],
  inHand: string,
  stepSaid: boolean,
): string[] {
  return told.flatMap((one) => {
    const about = names.find((name) => one.startsWith(`${name}: `));
    if (about !== undefined) {
      if (about !== inHand || (stepSaid && / its scores are calibrated/.test(one))) return [];
      const text = one.slice(about.length + 2);
      return [text.charAt(0).toUpperCase() + text.slice(1)];
    }
    return stepSaid && /^(No label yet|Only .* labelled)/.test(one) ? [] : [one];
  });
}
