/** The canvas that draws chips, for every page that shows one. */
export { Board, type Shown } from './board';
export { CanvasError, ChipCanvas } from './chipcanvas';
export { default as Stage } from './Stage.svelte';
export * from './affine';
export * from './expression';
export { gestures, listen, pinch, spotIn, wheelBy, wheelZoom } from './gestures';
export * from './look';
export * from './npy';
export * from './pixels';
export * from './ramps';
export * from './statistics';
export * from './view';
