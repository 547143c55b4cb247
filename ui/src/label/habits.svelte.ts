/** How a person likes to label; kept in the browser. */
import { recall, remember } from '../lib/stored';

interface Kept {
  /** After an answer by key for one chip, go on to the next. */
  onward: boolean;
  /** Chips without a label stand back on the wall. */
  highlight: boolean;
  /** Whether the panel is open. */
  open: boolean;
}

const USUAL: Kept = { onward: true, highlight: false, open: true };

function kept(): Kept {
  try {
    return { ...USUAL, ...(JSON.parse(recall('labelling') ?? '{}') as Partial<Kept>) };
  } catch {
    return { ...USUAL };
  }
}

class Habits {
  private now = $state<Kept>(kept());

  get onward(): boolean {
    return this.now.onward;
  }
  get highlight(): boolean {
    return this.now.highlight;
  }
  get open(): boolean {
    return this.now.open;
  }

  set(change: Partial<Kept>): void {
    Object.assign(this.now, change);
    remember('labelling', JSON.stringify(this.now));
  }
}

export const habits = new Habits();
