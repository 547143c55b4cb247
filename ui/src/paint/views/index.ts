/** One to six views of a chip in step, for the pixel editor. */
export { viewCommands } from './commands';
export { default as ValuesPanel } from './ValuesPanel.svelte';
export { default as ViewGrid } from './ViewGrid.svelte';
export { Views } from './views.svelte';
