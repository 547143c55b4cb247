/** What the wall is given, and what it tells. */
import type { Layout, Range } from './layout';
import type { ChipList } from './list';
import type { Pictures } from './pictures';

export interface Source {
  list: ChipList | null;
  base: Pictures | null;
  mask: Pictures | null;
}

export interface WallEvents {
  /** The view rests on these tiles. */
  settled: (range: Range) => void;
  /** The layout changed, or the bar's place on a very tall wall. */
  laid: (l: Layout, shift: number) => void;
}
