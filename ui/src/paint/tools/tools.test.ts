import { beforeEach, describe, expect, it } from 'vitest';
import { MaskPixels } from '../../canvas/pixels';
import { type Modifiers, ORIGIN, type Patch, type Point, type StrokeFacts } from '../contract';
import { emptyPlanes, lay, merged } from '../planes';
import type { Bench } from './bench';
import { areaOf, similar, untold, type Values } from './flood';
import { makeTool, NO_ASKS, NO_REGIONS, type ToolName, TOOLS } from './index';
import { Threshold } from './threshold';

const ROWS = 20;
const COLS = 20;
const PLAIN: Modifiers = { shift: false, ctrl: false, alt: false };
const at = (x: number, y: number): Point => ({ x, y });

class Table implements Bench {
  rows = ROWS;
  cols = COLS;
  code = 2;
  color = '#00ff00';
  width = 3;
  tolerance = 0.1;
  own = emptyPlanes(ROWS, COLS);
  strokes: [Patch, StrokeFacts][] = [];
  picked: number[] = [];
  grown = 0;

  values(): Values[] {
    const data = Float32Array.from({ length: ROWS * COLS }, (_, i) => (i % COLS < 8 ? 0.1 : 0.9));
    return [{ data, low: 0, high: 1 }];
  }
  shown(): MaskPixels {
    return merged(this.own, emptyPlanes(ROWS, COLS));
  }
  apply(patch: Patch, facts: StrokeFacts): void {
    this.strokes.push([patch, facts]);
    lay(this.own, patch);
  }
  pick(code: number): void {
    this.picked.push(code);
  }
  level = 0.5;
  other: number | null = null;
  above = true;
  cut() {
    return { values: this.values()[0]!, at: this.level, above: this.above, other: this.other };
  }
  cutAt(value: number): void {
    this.level = value;
  }
  regions = () => NO_REGIONS;
  asks = () => NO_ASKS;
  more(steps: number): void {
    this.grown += steps;
  }
}

let table: Table;
beforeEach(() => (table = new Table()));

function drag(name: ToolName, ...way: Point[]): void {
  const tool = makeTool(name, table);
  tool.down(way[0]!, PLAIN);
  for (const place of way.slice(1)) tool.move(place, PLAIN);
  tool.up(way.at(-1)!, PLAIN);
}

const painted = (code = 2): number => table.own.classes.filter((one) => one === code).length;

describe('tools', () => {
  it('make one stroke a gesture, under their own name', () => {
    for (const name of TOOLS) {
      if (name === 'pick' || name === 'polygon' || name === 'region' || name === 'ask') continue;
      table.strokes = [];
      drag(name, at(2.5, 2.5), at(9.5, 3.5), at(9.5, 9.5));
      expect(table.strokes.map(([, facts]) => facts.tool)).toEqual([name]);
    }
  });

  it('have a preview of what they will do while they do it, and none of it after', () => {
    const tool = makeTool('brush', table);
    tool.down(at(4.5, 4.5), PLAIN);
    tool.move(at(12.5, 4.5), PLAIN);
    const seen = tool.preview?.patch?.patch;
    tool.up(at(12.5, 4.5), PLAIN);
    expect(seen?.there).toEqual(table.strokes[0]![0].there);
    expect(tool.preview?.patch).toBeNull();
    expect(tool.preview?.circle?.radius).toBe(1.5);
  });

  it('given up in the middle leave nothing', () => {
    for (const name of TOOLS) {
      const tool = makeTool(name, table);
      tool.down(at(4.5, 4.5), PLAIN);
      tool.move(at(9.5, 9.5), PLAIN);
      tool.cancel();
      tool.up(at(9.5, 9.5), PLAIN);
    }
    expect(table.strokes).toEqual([]);
  });

  it('brush: has no gaps between events that are far apart', () => {
    drag('brush', at(1.5, 1.5), at(18.5, 18.5));
    for (let i = 1; i < 19; i++) expect(table.own.classes[i * COLS + i]).toBe(2);
  });

  it('eraser: takes away what is there', () => {
    drag('rectangle', at(0, 0), at(19, 19));
    drag('eraser', at(5.5, 5.5));
    expect(painted()).toBe(ROWS * COLS - 9);
    expect(table.own.origin[5 * COLS + 5]).toBe(0);
  });

  it('line: with Shift goes straight', () => {
    const tool = makeTool('line', table);
    table.width = 1;
    tool.down(at(2.5, 2.5), PLAIN);
    tool.move(at(12.5, 3.4), { ...PLAIN, shift: true });
    tool.up(at(12.5, 3.4), { ...PLAIN, shift: true });
    expect(table.strokes[0]![0].height).toBe(1);
  });

  it('rectangle: has both corners', () => {
    drag('rectangle', at(7.9, 9.2), at(3.1, 2.8));
    const [patch] = table.strokes[0]!;
    expect([patch.x, patch.y, patch.width, patch.height]).toEqual([3, 2, 5, 8]);
  });

  it('polygon: closes with Enter, gives a corner back with Backspace, gives up with Escape', () => {
    const tool = makeTool('polygon', table) as ReturnType<typeof makeTool> & { key(key: string): boolean };
    const press = (x: number, y: number): void => {
      tool.down(at(x, y), PLAIN);
      tool.up(at(x, y), PLAIN);
    };
    expect(tool.key('Enter')).toBe(false);
    press(2, 2);
    press(10, 2);
    expect(tool.key('Enter')).toBe(true);
    press(15, 18);
    expect(tool.key('Backspace')).toBe(true);
    press(10, 8);
    press(2, 8);
    expect(tool.key('Enter')).toBe(true);
    expect(painted()).toBe(8 * 6);
    press(1, 1);
    expect(tool.key('Escape')).toBe(true);
    expect(tool.preview).toBeNull();
    expect(table.strokes).toHaveLength(1);
  });

  it('polygon: a double click closes and sets no corner twice', () => {
    const tool = makeTool('polygon', table) as ReturnType<typeof makeTool> & { double(): boolean };
    for (const place of [at(2, 2), at(10, 2), at(10, 8), at(10.1, 8.1)]) tool.down(place, PLAIN);
    expect(tool.double()).toBe(true);
    expect(painted()).toBeGreaterThan(20);
  });

  it('flood: takes what is alike and touches', () => {
    drag('flood', at(3.5, 3.5));
    expect(painted()).toBe(8 * ROWS);
  });

  it('fill: takes the closed area of one class', () => {
    table.width = 1;
    drag('line', at(10.5, 0), at(10.5, 19.9));
    table.code = 5;
    drag('fill', at(2, 2));
    expect(painted(5)).toBe(10 * ROWS);
  });

  it('pick: takes the class that is shown', () => {
    drag('rectangle', at(0, 0), at(4, 4));
    drag('pick', at(2.5, 2.5));
    expect(table.picked).toEqual([2]);
  });

  it('grow with Alt and the wheel only', () => {
    const tool = makeTool('brush', table);
    expect(tool.wheel(at(1, 1), 2, PLAIN)).toBe(false);
    expect(tool.wheel(at(1, 1), 2, { ...PLAIN, alt: true })).toBe(true);
    expect(table.grown).toBe(2);
  });
});

describe('areas', () => {
  it('are the same as by asking every neighbour', () => {
    let state = 5;
    const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
    for (let round = 0; round < 20; round++) {
      const classes = Uint8Array.from({ length: ROWS * COLS }, () => (next() < 0.62 ? 1 : 2));
      const [col, row] = [Math.floor(next() * COLS), Math.floor(next() * ROWS)];
      const cells = areaOf(ROWS, COLS, col, row, classes);
      const wanted = new Set([row * COLS + col]);
      for (const place of wanted) {
        const [x, y] = [place % COLS, Math.floor(place / COLS)];
        for (const [dx, dy] of [
          [1, 0],
          [-1, 0],
          [0, 1],
          [0, -1],
        ] as const) {
          const [u, v] = [x + dx, y + dy];
          const there = u >= 0 && v >= 0 && u < COLS && v < ROWS;
          if (there && classes[v * COLS + u] === classes[place]) wanted.add(v * COLS + u);
        }
      }
      for (let i = 0; i < ROWS * COLS; i++) expect(cells.has(i % COLS, Math.floor(i / COLS))).toBe(wanted.has(i));
    }
  });

  it('of values need every band to be near, and a pixel without a value is like none', () => {
    const one = new Float32Array(9).fill(1);
    const two = Float32Array.from([0, 0, 9, 0, 0, 9, 0, 0, 9]);
    const bands = [one, two].map((data) => ({ data, low: 0, high: 10 }));
    expect(similar(3, 3, 0, 0, bands, 0.2).area()?.width).toBe(2);
    expect(similar(3, 3, 0, 0, bands, 0.9).area()?.width).toBe(3);
    one[4] = NaN;
    expect(similar(3, 3, 0, 0, bands, 0.9).has(1, 1)).toBe(false);
    expect(similar(3, 3, 1, 1, bands, 0.9).empty).toBe(true);
  });

  it('of what nobody has said leave out what is unlabelled on purpose', () => {
    const mask = new MaskPixels({ dtype: 'u1', shape: [3, 3, 4], data: new Uint8Array(36) });
    mask.data.fill(255, 0, 12);
    mask.data[1] = 2; // a person's
    mask.data[12 + 1] = mask.data[12 + 6] = 1; // and one that they left without a class
    const cells = untold(mask);
    const wanted = [1, 0, 1, 1, 1, 1, 0, 1, 1, 1, 1, 1];
    expect(wanted.map((_, i) => Number(cells.has(i % 4, Math.floor(i / 4))))).toEqual(wanted);
  });
});

describe('a threshold', () => {
  const taken = () => new Threshold(table);
  const fixed = (data: Float32Array): Values => ({ data, low: 0, high: 1 });

  it('takes one side, in one stroke that a model’s word is; once taken Enter goes on', () => {
    const tool = taken();
    expect(tool.sees()?.patch?.patch.width).toBe(12);
    expect(tool.key('Enter')).toBe(true);
    expect(painted()).toBe(ROWS * 12);
    expect(new Set(table.own.origin)).toEqual(new Set([ORIGIN.none, ORIGIN.model]));
    expect(table.strokes.map(([, facts]) => facts.tool)).toEqual(['threshold']);
    expect(tool.sees()?.patch ?? null).toBeNull();
    expect(tool.key('Enter')).toBe(false);
  });

  it('gives the other side its class, and may take what lies below', () => {
    [table.above, table.other] = [false, 1];
    taken().key('Enter');
    expect([painted(), painted(1)]).toEqual([ROWS * 8, ROWS * 12]);
    table.above = true;
    taken().key('Enter');
    expect([painted(), painted(1)]).toEqual([ROWS * 12, ROWS * 8]);
  });

  it('leaves what a person said, and pixels without a value', () => {
    drag('rectangle', at(10, 0), at(11, 19));
    table.code = 3;
    const data = Float32Array.from({ length: ROWS * COLS }, (_, i) => (i < COLS ? NaN : i < 2 * COLS ? Infinity : 1));
    table.values = () => [fixed(data)];
    taken().key('Enter');
    expect([painted(), painted(3)]).toEqual([ROWS * 2, (ROWS - 2) * (COLS - 2)]);
  });

  it('goes through the pixel that is pressed, moves with the pointer, finer with Shift, and goes back on Escape', () => {
    table.values = () => [fixed(Float32Array.from({ length: ROWS * COLS }, (_, i) => (i % COLS) / COLS))];
    const tool = taken();
    tool.down(at(10.5, 3));
    expect(table.level).toBeCloseTo(0.5, 6);
    tool.move(at(10.6, 3), PLAIN);
    expect(table.level).toBeCloseTo(0.5, 6);
    tool.move(at(14.7, 3), PLAIN);
    expect(table.level).toBeCloseTo(0.7, 6);
    tool.move(at(14.7, 3), { ...PLAIN, shift: true });
    expect(table.level).toBeCloseTo(0.52, 6);
    tool.up();
    expect(painted()).toBe(ROWS * 9);
    tool.down(at(2.5, 3));
    expect(tool.key('Escape')).toBe(true);
    tool.up();
    expect([table.level.toFixed(2), table.strokes.length]).toEqual(['0.52', 1]);
    expect(tool.down(at(-1, 3))).toBe(false);
  });

  it('takes nothing while unlabelled is in hand', () => {
    table.code = 255;
    const tool = taken();
    expect([tool.sees(), tool.key('Enter')]).toEqual([null, false]);
  });
});
