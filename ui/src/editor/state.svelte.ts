/** What editors of labels have in common: panels, keys that the person chose, the dialog to choose them. */
import { recall, remember } from '../lib/stored';
import { type Chosen, type Command, keyOf, sound } from '../paint/commands';

export abstract class EditorState {
  panels = $state(true);
  /** The dialog of keys is open. */
  listing = $state(false);
  /** The next chip is being looked for. */
  seeking = $state(false);
  chosen = $state.raw<Chosen>({});
  abstract readonly commands: readonly Command[];

  /** `name`: what choices are remembered under. */
  constructor(private readonly name: string) {
    this.panels = recall(`${name} panels`) !== 'closed';
  }

  /** Keys as they were chosen; called once all commands are known. */
  protected recallKeys(): void {
    try {
      this.chosen = sound(this.commands, JSON.parse(recall(`${this.name} keys`) ?? '{}') as Chosen);
    } catch {
      /* nobody's keys can be read: the usual ones */
    }
  }

  setKeys(chosen: Chosen): void {
    this.chosen = sound(this.commands, chosen);
    remember(`${this.name} keys`, JSON.stringify(this.chosen));
  }

  /** The key of a command, as it is set now. */
  readonly keyFor = (id: string): string => {
    const command = this.commands.find((one) => one.id === id);
    return command ? keyOf(command, this.chosen) : '';
  };

  turnPanels(): void {
    this.panels = !this.panels;
    remember(`${this.name} panels`, this.panels ? 'open' : 'closed');
  }
}
