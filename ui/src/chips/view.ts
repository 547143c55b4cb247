/** What the page asks of a view of the list, be it wall, table or map. */
import type { Step } from './layout';

export interface ChipView {
  /** The keyboard goes to the chip at the cursor. */
  focus: () => void;
  /** Bring a place of the list into view; at the top of it, where asked. */
  show: (index: number, atTop?: boolean) => void;
  /** First place in view. */
  first: () => number;
  move: (by: Step) => Promise<void>;
  /** The same, selecting on the way from where the range began. */
  extend?: (by: Step) => Promise<void>;
}
