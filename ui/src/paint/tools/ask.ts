/** Questions of the assistant: it shows a segment, a key says what it is. The mouse moves the picture. */
import { BaseTool } from './bench';

/** What the tool has to do with; each answers true where it has used the key up. */
export interface AskBench {
  /** The class of a number key. */
  choose(n: number): boolean;
  /** It is as the assistant believes. */
  agree(): boolean;
  /** Mixed, or not to be told. */
  skip(): boolean;
  /** The question before is shown again, if it was passed over. */
  unskip(): boolean;
  /** The question before, whatever became of it. */
  back(): boolean;
  end(): boolean;
}

/** Where nobody asks. */
export const NO_ASKS: AskBench = {
  choose: () => false,
  agree: () => false,
  skip: () => false,
  unskip: () => false,
  back: () => false,
  end: () => false,
};

export class Ask extends BaseTool {
  readonly name = 'ask';
  override readonly cursor: string = 'grab';

  down(): boolean {
    return false;
  }

  move(): void {
    /* the keyboard answers */
  }

  up(): void {
    /* the keyboard answers */
  }

  key(key: string): boolean {
    const asks = this.bench.asks();
    if (/^[1-9]$/.test(key)) return asks.choose(Number(key));
    if (key === 'agree') return asks.agree();
    if (key === 'skip') return asks.skip();
    if (key === 'undo') return asks.unskip();
    if (key === 'Backspace') return asks.back();
    return key === 'Escape' && asks.end();
  }
}
