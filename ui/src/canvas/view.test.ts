import { describe, expect, it } from 'vitest';
import { cellAt, fitView, MAX_ZOOM, panBy, settle, toCanvas, toImage, zoomAt } from './view';

const image = { width: 100, height: 50 };
const canvas = { width: 400, height: 300 };

describe('view', () => {
  it('fits the whole image', () => {
    const view = fitView(image, canvas);
    expect(view).toMatchObject({ x: 50, y: 25, fit: true });
    expect(view.zoom).toBeCloseTo(3.84);
    expect(settle({ x: 1, y: 1, zoom: 9, fit: true }, image, canvas)).toEqual(view);
    expect(settle({ x: 1, y: 1, zoom: 9, fit: false }, image, canvas).zoom).toBe(9);
  });

  it('keeps the place under the pointer when zooming', () => {
    const point = { x: 120, y: 170 };
    let view = fitView(image, canvas);
    const before = toImage(view, point, canvas);
    for (const factor of [2, 1.5, 0.7]) view = zoomAt(view, factor, point, image, canvas);
    const after = toImage(view, point, canvas);
    expect(after[0]).toBeCloseTo(before[0]);
    expect(after[1]).toBeCloseTo(before[1]);
    expect(view.fit).toBe(false);
  });

  it('zooms neither too near nor too far', () => {
    const middle = { x: 200, y: 150 };
    let view = fitView(image, canvas);
    for (let i = 0; i < 50; i++) view = zoomAt(view, 2, middle, image, canvas);
    expect(view.zoom).toBe(MAX_ZOOM);
    for (let i = 0; i < 50; i++) view = zoomAt(view, 0.5, middle, image, canvas);
    expect(view.zoom).toBeCloseTo(0.25);
  });

  it('pans with the pointer and never loses the image', () => {
    const view = panBy({ x: 50, y: 25, zoom: 4, fit: false }, 40, -20, image);
    expect(view).toMatchObject({ x: 40, y: 30 });
    expect(panBy(view, 1e6, -1e6, image)).toMatchObject({ x: 0, y: 50 });
  });

  it('turns places to points and back', () => {
    const view = { x: 20, y: 10, zoom: 3, fit: false };
    expect(toCanvas(view, ...toImage(view, { x: 33, y: 44 }, canvas), canvas).map(Math.round)).toEqual([33, 44]);
  });

  it('finds the pixel under a point', () => {
    const view = fitView(image, canvas);
    const [x, y] = toCanvas(view, 99.5, 0.5, canvas);
    expect(cellAt(view, { x, y }, image, canvas)).toEqual({ row: 0, col: 99 });
    expect(cellAt(view, { x: 0, y: 0 }, image, canvas)).toBeNull();
  });
});
