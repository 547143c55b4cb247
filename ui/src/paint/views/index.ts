/** One to six views of a chip in step, for the pixel editor. */
export { default as ViewGrid } from './ViewGrid.svelte';
export { Views } from './views.svelte';
