/** Colours of the theme, for what is drawn on canvases. */
import type { Palette } from './draw';

function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(name).trim();
  return {
    place: of('--image-bg'),
    text: of('--text'),
    muted: of('--muted'),
    line: of('--line-strong'),
    accent: of('--pick'),
    font: `11.5px ${getComputedStyle(document.body).fontFamily}`,
  };
}

/** Told now, when the fonts are there, and with every change of theme. Returns what ends it. */
export function watchPalette(told: (palette: Palette) => void): () => void {
  const read = (): void => told(palette());
  read();
  void document.fonts?.ready.then(read);
  const watch = new MutationObserver(read);
  watch.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  return () => watch.disconnect();
}
