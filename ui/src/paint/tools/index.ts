/** The tools, in the order of the toolbar. */
import { Ask } from './ask';
import type { BaseTool, Bench } from './bench';
import { Brush, Eraser } from './brush';
import { Lasso, Line, Rectangle } from './drag';
import { Polygon } from './polygon';
import { Region } from './region';
import { Threshold } from './threshold';
import { Fill, Flood, Pick } from './touch';

export type { Bench } from './bench';
export { type AskBench, NO_ASKS } from './ask';
export { NO_REGIONS, type RegionBench } from './region';
export { BaseTool } from './bench';
export { Cells, saidOf, type Saying } from './cells';
export { valuesOf } from './values';
export type { Cut } from './threshold';
export { areaOf, flood, similar, untold, type Values } from './flood';

export const TOOLS = [
  'brush',
  'eraser',
  'line',
  'polygon',
  'lasso',
  'rectangle',
  'flood',
  'fill',
  'threshold',
  'region',
  'ask',
  'pick',
] as const;
export type ToolName = (typeof TOOLS)[number];

const MAKE: Record<ToolName, new (bench: Bench) => BaseTool> = {
  brush: Brush,
  eraser: Eraser,
  line: Line,
  polygon: Polygon,
  lasso: Lasso,
  rectangle: Rectangle,
  flood: Flood,
  fill: Fill,
  threshold: Threshold,
  region: Region,
  ask: Ask,
  pick: Pick,
};

export function makeTool(name: ToolName, bench: Bench): BaseTool {
  return new MAKE[name](bench);
}

/** Tools that have a width, and the one that has a tolerance. */
export const WIDE: readonly ToolName[] = ['brush', 'eraser', 'line'];
