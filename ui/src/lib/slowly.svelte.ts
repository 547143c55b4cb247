/** A value a few times a second, however often it changes: text that follows the pointer costs more to draw than it tells. */
import { onDestroy } from 'svelte';

/** To be called while a component is made. The first change shows at once, the last one always. */
export function slowly<T>(of: () => T, ms = 100): { readonly now: T } {
  let now = $state.raw(of());
  let read = -Infinity;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = (): void => {
    timer = undefined;
    read = performance.now();
    now = of();
  };
  $effect(() => {
    of();
    timer ??= setTimeout(look, Math.max(0, read + ms - performance.now()));
  });
  onDestroy(() => clearTimeout(timer));
  return {
    get now() {
      return now;
    },
  };
}
