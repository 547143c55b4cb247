/** Draws windows of a whole scene on canvases, each in its own look, by one graphics context. */
import { Board, CanvasError, THEMES, type Size, type View } from '../../canvas';
import type { ThemeName } from '../../lib/theme.svelte';
import { inTile } from './pyramid';
import type { SceneState } from './scene.svelte';

export class SceneBoard {
  private board: Board | null = null;
  private keys = new Set<string>();

  /** `onback`: the graphics card is there again; `onbroken`: why there is no picture. */
  constructor(
    onback: () => void,
    private readonly onbroken: (why: string) => void,
  ) {
    try {
      this.board = new Board((lost) => !lost && onback());
    } catch (error) {
      this.told(error);
    }
  }

  /** Draws one view after the other; what they showed before and show no more is given up. */
  draw(
    views: readonly { scene: SceneState; canvas: HTMLCanvasElement }[],
    seen: View,
    size: Size,
    theme: ThemeName,
  ): void {
    const keys = new Set<string>();
    for (const { scene, canvas } of views) for (const key of this.one(scene, canvas, seen, size, theme)) keys.add(key);
    if (views.length) this.board?.keep((this.keys = keys));
  }

  private one(scene: SceneState, canvas: HTMLCanvasElement, seen: View, size: Size, theme: ThemeName): string[] {
    const look = scene.tileLook;
    if (!this.board || !look) return [...this.keys];
    const there = scene.seen(seen, size, window.devicePixelRatio || 1);
    const shared = { around: null, mask: null, cursor: null, theme: THEMES[theme] };
    const parts = there.map(({ tile, pixels, key }) => ({
      key,
      shown: { ...shared, pixels, view: inTile(seen, tile) },
    }));
    try {
      this.board.drawParts(look, parts, canvas);
    } catch (error) {
      this.told(error);
    }
    return there.map((one) => one.key);
  }

  private told(error: unknown): void {
    if (!(error instanceof CanvasError) && !(error instanceof RangeError)) throw error;
    this.onbroken(error.message);
  }

  destroy(): void {
    this.board?.destroy();
    this.board = null;
  }
}
