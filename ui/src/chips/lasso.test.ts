import { expect, it } from 'vitest';
import { bounds, box, drawn, inside, nearest, trail } from './lasso';

it('tells what lies in a rectangle, drawn from any corner', () => {
  for (const shape of [box({ x: 0, y: 0 }, { x: 10, y: 10 }), box({ x: 10, y: 10 }, { x: 0, y: 0 })]) {
    expect(inside(shape, { x: 5, y: 5 })).toBe(true);
    expect(inside(shape, { x: 11, y: 5 })).toBe(false);
    expect(bounds(shape)).toEqual({ left: 0, top: 0, right: 10, bottom: 10 });
  }
});

it('follows a lasso around a bay', () => {
  const shape = [
    { x: 0, y: 0 },
    { x: 10, y: 0 },
    { x: 10, y: 10 },
    { x: 5, y: 3 },
    { x: 0, y: 10 },
  ];
  expect(inside(shape, { x: 5, y: 8 })).toBe(false);
  expect(inside(shape, { x: 9, y: 7 })).toBe(true);
});

it('takes a press for no shape, and keeps few points of a long trail', () => {
  expect(drawn([{ x: 1, y: 1 }])).toBe(false);
  expect(drawn(box({ x: 1, y: 1 }, { x: 3, y: 3 }))).toBe(false);
  expect(drawn(box({ x: 1, y: 1 }, { x: 9, y: 2 }))).toBe(true);
  let line = [{ x: 0, y: 0 }];
  for (let x = 1; x <= 100; x++) line = trail(line, { x, y: 0 });
  expect(line.length).toBeLessThan(40);
});

it('goes to the neighbour in a direction', () => {
  const points = [{ x: 10, y: 0 }, { x: 20, y: 1 }, { x: 0, y: 10 }, null, { x: -30, y: 29 }];
  const from = { x: 0, y: 0 };
  expect(nearest(points, from, 'right')).toBe(0);
  expect(nearest(points, from, 'down')).toBe(2);
  expect(nearest(points, from, 'left')).toBe(4);
  expect(nearest(points, from, 'up')).toBeNull();
});
