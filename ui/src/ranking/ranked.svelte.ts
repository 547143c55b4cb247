/** What the machine makes of the labels: asked for anew after answers, calmly, and kept while it comes. */
import { get } from '../lib/api';
import { live } from '../lib/live.svelte';
import { Resource } from '../lib/resource.svelte';
import type { ClassRanking, Curve, Histogram, Ranking } from '../lib/types';
import { Calm } from '../chips/calm';
import { following } from '../chips/following.svelte';

export interface About {
  task: string;
  /** Code of the class in hand; '' for none. */
  class: string;
  /** The list's filter without the range of scores that the histogram itself sets. */
  filter: string;
  like: readonly string[];
  method: string;
  encoder: string;
}

const CALM_MS = 300;
const BINS = 40;
const POLL_MS = 2500;

export class Ranked {
  readonly ranking = new Resource<Ranking>();
  readonly histogram = new Resource<Histogram>();
  readonly curve = new Resource<Curve>();
  private about: About | null = null;
  private curveAsked = false;
  private poll: ReturnType<typeof setTimeout> | undefined;
  private readonly calm = new Calm(CALM_MS, () => this.load());
  private readonly offs: (() => void)[] = [];

  constructor() {
    const answered = ({ task }: { task?: string | null }): void => {
      if (following.on && (!task || task === this.about?.task)) this.calm.soon();
    };
    this.offs.push(
      live.on('annotations', answered),
      live.on<{ task?: string; what?: string }>('ranking', (told) => {
        answered(told);
        if (this.curveAsked && (!told.task || told.task === this.about?.task)) void this.askCurve();
      }),
      live.on('workspace', () => this.calm.soon()),
      live.onReconnect(() => this.calm.soon(0)),
      following.watch((on) => on && this.calm.soon(0)),
    );
  }

  close(): void {
    for (const off of this.offs) off();
    this.calm.stop();
    clearTimeout(this.poll);
    this.ranking.stop();
    this.histogram.stop();
    this.curve.stop();
  }

  /** Another class, filter or likeness. */
  ask(about: About): void {
    const other =
      this.about?.task !== about.task || this.about.class !== about.class || this.about.encoder !== about.encoder;
    this.about = about;
    if (other) {
      clearTimeout(this.poll);
      this.curve.stop();
      this.curve.value = this.curve.problem = null;
      this.curveAsked = false;
      this.histogram.value = null;
    }
    this.calm.stop();
    this.calm.soon(0);
  }

  again(): void {
    this.calm.soon(0);
  }

  /** The state of one class. */
  of(code: number | null): ClassRanking | null {
    return this.ranking.value?.classes.find((one) => one.code === code) ?? null;
  }

  /** The learning curve: worked out behind the request; the server tells when it is there. */
  async askCurve(): Promise<void> {
    const about = this.about;
    if (!about) return;
    this.curveAsked = true;
    const { task, encoder } = about;
    await this.curve.load((signal) => get<Curve>('/curve', { task, class: about.class, encoder }, { signal }));
    clearTimeout(this.poll);
    // an event tells when it is there; should that be missed, it is asked for again
    if (this.curve.value?.state === 'computing') this.poll = setTimeout(() => void this.askCurve(), POLL_MS);
  }

  private async load(): Promise<void> {
    const about = this.about;
    if (!about) return;
    const { task, encoder, filter, like, method } = about;
    await Promise.all([
      this.ranking.load((signal) => get<Ranking>('/ranking', { task, encoder }, { signal })),
      this.histogram.load((signal) =>
        get<Histogram>(
          '/histogram',
          { task, class: about.class, filter, like, method, encoder, bins: BINS },
          { signal },
        ),
      ),
    ]);
  }
}
