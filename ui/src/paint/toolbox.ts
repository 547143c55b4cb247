/** The tools as people see them. */
import type { IconName } from '../kit/icons';
import type { ToolName } from './tools';

export interface ToolFace {
  name: ToolName;
  title: string;
  icon: IconName;
  key: string;
  /** How it is used, in a line; `{command}` stands for its key. */
  hint: string;
}

export const TOOLBOX: readonly ToolFace[] = [
  {
    name: 'brush',
    title: 'Brush',
    icon: 'brush',
    key: 'd',
    hint: 'Drag to paint. {smaller} {larger} or Alt and the wheel: size.',
  },
  { name: 'eraser', title: 'Eraser', icon: 'eraser', key: 'e', hint: 'Takes your own labels away; others’ come back.' },
  { name: 'line', title: 'Line', icon: 'line', key: 'l', hint: 'Drag from end to end. Shift: straight or diagonal.' },
  {
    name: 'polygon',
    title: 'Polygon',
    icon: 'polygon',
    key: 'p',
    hint: 'Click corners. {next} or double click closes, {previous} takes one back, Esc gives up.',
  },
  { name: 'lasso', title: 'Lasso', icon: 'lasso', key: 'o', hint: 'Drag around an area.' },
  {
    name: 'rectangle',
    title: 'Rectangle',
    icon: 'rectangle',
    key: 'x',
    hint: 'Drag from corner to corner. Shift: a square.',
  },
  {
    name: 'flood',
    title: 'Flood similar pixels',
    icon: 'wand',
    key: 'w',
    hint: 'Click: what is alike and touches. {smaller} {larger} or Alt and the wheel: tolerance.',
  },
  {
    name: 'fill',
    title: 'Fill an area',
    icon: 'bucket',
    key: 'f',
    hint: 'Click into an area of one label: all of it changes. {rest}: all that has no label yet.',
  },
  {
    name: 'threshold',
    title: 'Threshold',
    icon: 'threshold',
    key: 'T',
    hint: '{next} takes what is shown; {smaller} {larger}: the cut. Or press a pixel at an edge and drag sideways.',
  },
  {
    name: 'region',
    title: 'Region',
    icon: 'similar',
    key: 'z',
    hint: 'Point, turn the wheel through the segments there, click to take one. {class 1} to {class 9}: another class.',
  },
  {
    name: 'ask',
    title: 'Answer questions',
    icon: 'help',
    key: 't',
    hint: 'The assistant shows a segment; the key of a class says what it is.',
  },
  {
    name: 'pick',
    title: 'Pick a class',
    icon: 'dropper',
    key: 'k',
    hint: 'Click takes the class there. Alt and click does so with every tool.',
  },
];
