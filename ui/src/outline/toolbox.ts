/** The tools as people see them. */
import type { IconName } from '../kit/icons';
import type { ToolName } from './hand.svelte';

export interface Face {
  name: ToolName;
  title: string;
  icon: IconName;
  key: string;
  /** How it is used, in a line. */
  hint: string;
}

export const FACES: readonly Face[] = [
  {
    name: 'select',
    title: 'Select and edit',
    icon: 'cursor',
    key: 'v',
    hint: 'Drag vertices, edges or shapes. Shift: several, or a frame. Double click an edge: a vertex.',
  },
  { name: 'box', title: 'Box', icon: 'rectangle', key: 'x', hint: 'Drag from corner to corner, or click both.' },
  {
    name: 'oriented-box',
    title: 'Oriented box',
    icon: 'oriented',
    key: 'o',
    hint: 'Drag the base line, then click how wide it is.',
  },
  {
    name: 'polygon',
    title: 'Polygon',
    icon: 'polygon',
    key: 'p',
    hint: 'Click corners; Enter or double click closes. In a selected one: Shift draws a hole, Alt another part.',
  },
  {
    name: 'polyline',
    title: 'Polyline',
    icon: 'polyline',
    key: 'l',
    hint: 'Click along the line. Enter or double click ends it, Backspace takes one back.',
  },
  { name: 'point', title: 'Point', icon: 'point', key: 't', hint: 'Click where it is.' },
  {
    name: 'shift',
    title: 'Move a layer',
    icon: 'hand',
    key: 'j',
    hint: 'Drag to align the layer chosen under Layers.',
  },
];
