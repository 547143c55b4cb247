/** One view: what it shows, how that looks, and the pixels it needs. */
import type { Around, View } from '../../canvas';
import { defaultChoice, fromWords } from '../../chip/choice';
import { LookState } from '../../chip/look.svelte';
import type { ChipDetail, SchemeClass } from '../../lib/types';
import type { Content, Said } from './arrangement';
import type { Dated } from './dates';
import type { Views } from './views.svelte';

/** A view of the surroundings shows this many times the ground. */
const WIDER = 3;
let made = 0;

export class Pane extends LookState {
  readonly key = `view ${++made}`;
  content: Content = $state.raw({ kind: 'chip' });
  /** What lies beyond the chip's edges. */
  beyond = $state.raw<Around | null>(null);
  /** What was chosen, also while there is no chip to choose of. */
  private words: Record<string, string>;
  private chosenFor = '';

  constructor(
    readonly views: Views,
    said: Said,
  ) {
    super();
    this.content = said.content;
    this.words = said.look;
  }

  get classes(): readonly SchemeClass[] {
    return this.views.classes;
  }

  get wide(): boolean {
    return this.content.kind === 'around';
  }

  /** The other date that it shows. */
  dated = $state.raw<Dated | null>(null);
  /** Why it shows nothing. */
  nothing = $state<string | null>(null);
  readonly backdrop = $derived.by(() => {
    const { content } = this;
    return content.kind === 'tiles' ? (this.views.backdrops.find((one) => one.name === content.name) ?? null) : null;
  });

  readonly title = $derived.by(() => {
    const source = this.source;
    if (this.content.kind === 'tiles') return this.backdrop?.title ?? this.content.name;
    if (!source || !this.detail) return '';
    if (source.kind === 'mix') return source.bands.join(' ');
    if (source.kind === 'formula') return source.text;
    if (source.kind === 'index') return source.name;
    return this.detail.layers.find((one) => one.name === source.name)?.title ?? source.name;
  });

  /** What sets it apart from a view of the chip itself. */
  readonly note = $derived(
    this.content.kind === 'around' ? 'surroundings' : this.content.kind === 'date' ? (this.dated?.day ?? '') : '',
  );

  refresh(): Promise<void> {
    return this.views.refresh();
  }

  /** Another chip, or the same told anew: the look stays where its bands allow it. */
  arrive(detail: ChipDetail | null): void {
    if (detail === this.detail) return;
    if (this.detail && this.choice) this.words = this.look_();
    this.detail = detail;
    if (!detail) return;
    const known = this.chosenFor === detail.chip.id && this.choice;
    if (!known) this.choice = { ...fromWords(new URLSearchParams(this.words), detail), overlay: 'none' };
    this.chosenFor = detail.chip.id;
  }

  override said(): Record<string, string | null> {
    return this.detail && this.choice ? super.said() : this.words;
  }

  /** As it is kept. */
  kept(): Said {
    return { content: this.content, look: this.look_() };
  }

  override reset(): void {
    if (this.detail && this.choice) this.choice = { ...defaultChoice(this.detail), source: this.choice.source };
  }

  /** Where it looks, given where the others look. */
  seenAt(view: View, width: number, height: number): View {
    if (!this.wide) return view;
    if (!view.fit) return { ...view, zoom: view.zoom / WIDER };
    const image = this.views.image;
    const { left, top, pixels } = this.beyond ?? { left: 0, top: 0, pixels: { cols: image.width, rows: image.height } };
    const zoom = Math.min(width / pixels.cols, height / pixels.rows) * 0.96;
    return { x: pixels.cols / 2 - left, y: pixels.rows / 2 - top, zoom, fit: false };
  }

  /** Where the others are to look when this one looks there. */
  sharedOf(view: View): View {
    return this.wide ? { ...view, zoom: view.zoom * WIDER } : view;
  }

  private look_(): Record<string, string> {
    const words = Object.entries(this.said()).filter((pair): pair is [string, string] => pair[1] !== null);
    return Object.fromEntries(words);
  }
}
