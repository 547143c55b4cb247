/** Acts in words. */
import type { AnswerValue } from './acts';

const VALUES: Record<AnswerValue, string> = {
  positive: 'positive',
  negative: 'negative',
  unsure: 'unsure',
  'not-applicable': 'not applicable',
  unlabelled: 'unlabelled',
};

/** `Water: positive`; where a chip has one class, `unsure` and the like speak of the whole chip. */
export function said(
  title: string | undefined,
  value: AnswerValue,
  reason: string | undefined,
  multi: boolean,
): string {
  const words = reason ? `${VALUES[value]} (${reason})` : VALUES[value];
  const whole = !multi && value !== 'positive' && value !== 'negative';
  return whole || title === undefined ? words.charAt(0).toUpperCase() + words.slice(1) : `${title}: ${words}`;
}
