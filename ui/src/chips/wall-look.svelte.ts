/** Which layer the wall shows, and how: what there is in the scene, what a person likes, as one string. */
import { untrack } from 'svelte';
import { ExpressionError, parseFormulas } from '../canvas';
import { get } from '../lib/api';
import { live } from '../lib/live.svelte';
import {
  findOption,
  groupsOf,
  isFormula,
  isSingle,
  layerText,
  type LayerGroup,
  type LayerOption,
} from '../layers/layers';
import type { SceneDetail } from '../lib/types';
import type { Prefs } from './prefs.svelte';
import type { Tone } from './tone';

export class WallLook {
  /** What there is to see of the first scene on the wall; null until it is known. */
  offer = $state.raw<SceneDetail | null>(null);
  readonly groups: LayerGroup[] = $derived(this.offer ? groupsOf(this.offer) : []);
  private unknown = $state(false);
  private shown = 'natural';

  /** Called while a component is made. */
  constructor(
    readonly prefs: Prefs,
    scene: () => string | null,
  ) {
    $effect(() => {
      const id = scene();
      if (id !== null) untrack(() => void this.load(id));
    });
    $effect(() =>
      live.on<{ what: string }>('workspace', ({ what }) => {
        if (what === 'views' && this.offer) void this.load(this.offer.scene.id, true);
      }),
    );
  }

  /** The layer that is chosen; the usual one where this scene does not have it. */
  readonly name: string = $derived.by(() => {
    const { layer } = this.prefs;
    if (!this.offer || isFormula(layer) || findOption(this.groups, layer)) return layer;
    return this.offer.layers[0]?.name ?? 'natural';
  });
  readonly option: LayerOption | null = $derived(findOption(this.groups, this.name));
  /** What it is called. */
  readonly title = $derived(isFormula(this.name) ? 'Formula' : (this.option?.title ?? 'Natural colour'));
  readonly single = $derived(
    isFormula(this.name) ? isSingle(this.name.slice(1), this.offer?.bands ?? []) : (this.option?.single ?? false),
  );
  readonly tone: Tone = $derived.by(() => {
    const { brightness, contrast, gamma } = this.prefs;
    return { brightness, contrast, gamma };
  });

  /**
   * What the server is asked for; while a formula is wrong, what was shown before. Null until it is known whether the
   * scene has the layer that was chosen for another one.
   */
  readonly text: string | null = $derived.by(() => {
    const { name, single, prefs } = this;
    if (!this.offer && !this.unknown && name !== 'natural') return null;
    if (isFormula(name) && !this.readable(name.slice(1))) return this.shown;
    return (this.shown = layerText({ name, ramp: single ? prefs.ramp : null, stretch: prefs.stretch }));
  });

  private readable(formula: string): boolean {
    try {
      return parseFormulas(formula, this.offer?.bands ?? []).some((one) => one.bands.length > 0);
    } catch (error) {
      if (error instanceof ExpressionError) return false;
      throw error;
    }
  }

  private async load(id: string, again = false): Promise<void> {
    if (!again && this.offer?.scene.id === id) return;
    const told = await get<SceneDetail>(`/scenes/${encodeURIComponent(id)}`).catch(() => null);
    if (told) this.offer = told;
    else this.unknown = true; // what was chosen is asked for all the same
  }
}
