/** The state of the editor: which chip and task, what is in hand, how it is looked at, which keys do what. */
import { settle, UNLABELLED, type Expression, type View } from '../canvas';
import { EditorState } from '../editor/state.svelte';
import { go, hrefOf } from '../lib/router.svelte';
import { plural } from '../lib/format';
import { recall } from '../lib/stored';
import { toast } from '../lib/toast.svelte';
import { workspace } from '../lib/workspace.svelte';
import { commandsOf } from './actions';
import { Asking } from './ask/asking.svelte';
import { glide, lookAt } from './ask/looking';
import { Assistant } from './assist/assistant.svelte';
import type { Command } from './commands';
import type { Box, Overlay, Point, Preview } from './contract';
import { PaintDoc } from './doc.svelte';
import { Hand } from './hand.svelte';
import { type Next, nextChip } from './next';
import { Regions } from './regions/regions.svelte';
import { sending } from './sending.svelte';
import { viewCommands, Views } from './views';

const FIT: View = { x: 0, y: 0, zoom: 1, fit: true };
/** How much of a view a place to look at takes. */
const SPOT = 0.4;
/** Keys of the views that the tools have another use for. */
export const HERE: Readonly<Record<string, readonly string[]>> = {
  labels: ['v'],
  outline: ['O'],
  'view-next': ['y'],
  fainter: ['<'],
  stronger: ['>'],
};
/** Classes that say what a pixel is not: nobody begins with these. */
const OTHERS = /^(non|not|no|other|others|background|unknown|rest)([-_ ]|$)/i;

function framed({ x, y, width, height }: Box): NonNullable<Preview['lines']>[number] {
  const [right, bottom] = [x + width, y + height];
  const points = [
    { x, y },
    { x: right, y },
    { x: right, y: bottom },
    { x, y: bottom },
  ];
  return { points, closed: true, bare: true };
}

export class Editor extends EditorState {
  doc: PaintDoc = $state.raw(new PaintDoc('', ''));
  view = $state.raw<View>(FIT);
  /** What lies over the picture beside the labels: panels put theirs in. */
  overlays = $state.raw<readonly Overlay[]>([]);
  /** Why this chip was suggested, and the place in it that was meant; gone with the first stroke. */
  private advice = $state.raw<(Next & { strokes: number }) | null>(null);
  readonly advised = $derived(this.advice && this.doc.strokes <= this.advice.strokes ? this.advice : null);
  private more = $state.raw<readonly Command[]>([]);
  readonly views = new Views();
  readonly assistant = new Assistant(this);
  readonly regions = new Regions(this);
  readonly asking: Asking = new Asking(this);
  readonly hand: Hand = new Hand(
    () => this.doc,
    () => this.classes,
    (at) => this.walked(at),
    () => this.regions,
    () => this.asking,
    () => this.marked,
  );
  private gliding: () => void = () => undefined;
  private readonly visited: string[] = [];
  private suggested: Next | null = null;

  readonly task = $derived(workspace.info?.tasks.find((one) => one.name === this.doc.task) ?? null);
  readonly classes = $derived(
    (this.task?.classes ?? workspace.info?.scheme ?? []).filter((one) => !one.not_applicable),
  );
  readonly title = $derived(this.classes.find((one) => one.code === this.hand.code)?.title ?? 'Unlabelled');
  readonly channels: readonly Expression[] = $derived(this.views.current?.channels ?? []);

  private readonly own: Command[] = commandsOf({
    doc: () => this.doc,
    hand: this.hand,
    classes: () => this.classes,
    unlabelled: UNLABELLED,
    here: () => this.here(),
    next: () => this.hand.key('Enter') || void this.next(),
    previous: () => this.hand.key('Backspace') || this.previous(),
    finish: () => {
      this.doc.record({ state: 'complete' });
      void this.next();
    },
    told: () => this.tellSaved(),
    panels: () => this.turnPanels(),
    keys: () => (this.listing = true),
  });
  private readonly seeing = viewCommands(this.views, {
    view: () => this.view,
    setView: (view) => (this.view = view),
  }).map((one) => ({ ...one, keys: HERE[one.id] ?? one.keys }));
  readonly commands: readonly Command[] = $derived([...this.own, ...this.seeing, ...this.more]);

  constructor() {
    super('paint');
    this.recallKeys();
  }

  /** A panel's commands, for as long as it is there; returns what ends it. */
  register(commands: readonly Command[]): () => void {
    this.more = [...this.more, ...commands];
    return () => (this.more = this.more.filter((one) => !commands.includes(one)));
  }

  /** Another chip or task. */
  open(chip: string, task: string): void {
    if (this.doc.chipId === chip && this.doc.task === task) return;
    this.doc.close();
    if (this.hand.kind === 'threshold') this.hand.take('brush'); // one key takes a whole chip: it is asked for anew
    this.assistant.leave();
    this.regions.leave();
    this.asking.leave();
    this.gliding();
    this.assistant.warm(task);
    const doc = (this.doc = new PaintDoc(chip, task));
    this.hand.cell = null;
    if (this.visited.at(-1) !== chip) this.visited.push(chip);
    this.view = FIT;
    this.advice = null;
    if (this.suggested?.chip !== chip) this.suggested = null;
    const known = this.classes;
    const first = known.find((one) => !OTHERS.test(one.name)) ?? known[0];
    const last = Number(recall(`paint class ${task}`) ?? NaN);
    const held = known.find((one) => one.code === this.hand.code) ?? known.find((one) => one.code === last) ?? first;
    this.hand.code = held?.code ?? UNLABELLED;
    void doc.open();
  }

  close(): void {
    this.doc.close();
  }

  // --- going on -----------------------------------------------------------------------------------------------------

  async next(): Promise<void> {
    if (this.seeking) return;
    const { chipId, task } = this.doc;
    this.seeking = true;
    try {
      const found = await nextChip(task, chipId, new Set(this.visited));
      if (this.doc.chipId !== chipId) return;
      if (!found)
        toast('Nothing is left to suggest: all chips have a label, and you were on the doubtful ones.', { stay: 4000 });
      else {
        this.suggested = found;
        this.go(found.chip);
      }
    } catch {
      toast('The next chip could not be asked for. Try again.', { kind: 'warn' });
    } finally {
      this.seeking = false;
    }
  }

  /** No chip is named: the one where an answer helps most. */
  begin(task: string): void {
    void nextChip(task, '', new Set()).then(
      (found) => {
        this.suggested = found;
        if (found) location.replace(hrefOf(['paint', found.chip], { task }));
        else go(hrefOf(['chips'], { task }));
      },
      () => go(hrefOf(['chips'], { task })),
    );
  }

  previous(): void {
    const at = this.visited.lastIndexOf(this.doc.chipId);
    const before = this.visited[at - 1];
    if (!before) {
      toast('This is the first chip of this session.', { stay: 2000 });
      return;
    }
    this.visited.splice(at - 1);
    this.go(before);
  }

  private go(chip: string): void {
    go(hrefOf(['paint', chip], { task: this.doc.task }));
  }

  // --- looking ------------------------------------------------------------------------------------------------------

  /** The chip that was suggested can be seen: so can the place in it, in the middle, with what is around it. */
  arrive(): void {
    const { suggested: found, doc, views } = this;
    this.suggested = null;
    if (this.asking.on) return; // a question says where to look
    if (!found || found.chip !== doc.chipId || !doc.own) return;
    const { rows, cols } = doc.own;
    const { place } = found;
    const part = place && place.width > 0 && place.width * place.height < rows * cols ? place : null;
    this.advice = { ...found, place: part, strokes: doc.strokes };
    if (!part) return;
    const x = part.x + part.width / 2;
    const y = part.y + part.height / 2;
    this.hand.cell = { row: Math.floor(y), col: Math.floor(x) };
    const { width, height } = views.cell;
    const zoom = SPOT * Math.min(width / part.width, height / part.height);
    this.view = { x, y, zoom: Math.max(zoom, Math.min(width / cols, height / rows)), fit: false };
  }

  /** The suggestion has been read. */
  dismiss(): void {
    this.advice = null;
  }

  /** What every view outlines: a place that was suggested, or what is asked about. */
  private get marked(): NonNullable<Preview['lines']> {
    const place = this.advised?.place;
    return place ? [framed(place), ...this.asking.lines] : this.asking.lines;
  }

  /** Brings a place into the middle of every view, as close as it takes to see what it is. */
  look(place: Box): void {
    const { cell, image } = this.views;
    const from = settle(this.view, image, cell);
    let last = this.view;
    this.gliding();
    this.gliding = glide(from, lookAt(from, place, image, cell), cell, (view) => {
      if (this.view === last) this.view = last = view;
      else this.gliding(); // somebody has moved it meanwhile
    });
  }

  /** The keyboard has gone to a pixel: it is told of, and kept in sight. */
  private walked(at: Point): void {
    const { views } = this;
    views.pointer = at;
    views.hovered = null;
    this.view = views.revealed(this.view, at);
  }

  /** Under the pointer, or in the middle of what is seen. */
  private here(): Point {
    const { pointer, image } = this.views;
    if (pointer) return pointer;
    return this.view.fit ? { x: image.width / 2, y: image.height / 2 } : { x: this.view.x, y: this.view.y };
  }

  private tellSaved(): void {
    const waiting = sending.waiting.length;
    if (waiting === 0) toast('All is saved: every stroke is, as it ends.', { stay: 2500 });
    else
      toast(`${plural(waiting, 'change')} on the way to the server, kept in this browser until then.`, { stay: 3000 });
  }
}
