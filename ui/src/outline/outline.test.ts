import type { SceneRow } from '../lib/types';
import { onGridOf } from './besides';
import { describe, expect, it } from 'vitest';
import { Grid } from './grid';
import { edgeAt, pickOf, snapTo, vertexAt } from './hit';
import { placeOf, stepsOf } from './history';
import {
  addHole,
  addPart,
  addVertex,
  coverOf,
  dropVertex,
  fromFeature,
  geometryOf,
  inside,
  made,
  moveBy,
  moveVertex,
  oriented,
  pointOn,
  propertiesOf,
  rectangle,
  type GeoFeature,
  type Shape,
} from './shape';
import type { Annotation } from '../lib/types';

const about = { id: 'a', chip: 's_0_0_0', code: 2 };
const p = (x: number, y: number) => ({ x, y });
const square = (x = 0, y = 0, side = 10): Shape =>
  made('polygon', [[rectangle(p(x, y), p(x + side, y + side))]], about);

describe('shape', () => {
  it('goes out as it came in, in pixels of its chip', () => {
    const feature: GeoFeature = {
      id: 'a',
      chip_id: 's_0_1_2',
      origin: 4,
      actor: 'una',
      seq: 7,
      geometry: {
        type: 'MultiPolygon',
        coordinates: [
          [
            [
              [0, 0],
              [10, 0],
              [10, 10],
              [0, 0],
            ],
            [
              [6, 2],
              [8, 2],
              [8, 4],
              [6, 2],
            ],
          ],
          [
            [
              [20, 0],
              [30, 0],
              [30, 10],
              [20, 0],
            ],
          ],
        ],
      },
      properties: { class: 1, kind: 'polygon', attributes: { name: 'x' }, import: 'i', depth: 2, score: 0.5 },
    };
    const shape = fromFeature(feature);
    expect(shape.bounds).toEqual([0, 0, 30, 10]);
    expect(geometryOf(shape)).toEqual(feature.geometry);
    expect(propertiesOf(shape)).toEqual(feature.properties);
    const moved = geometryOf(shape, p(10, 20)).coordinates as number[][][][];
    expect(moved[1]![0]![0]).toEqual([10, -20]);
  });

  it.each(['LineString', 'MultiLineString', 'Point', 'MultiPoint'])('reads and writes a %s', (type) => {
    const pairs = [
      [1, 2],
      [3, 4],
    ];
    const coordinates = { LineString: pairs, MultiLineString: [pairs, pairs], Point: [1, 2], MultiPoint: pairs }[type];
    const kind = type.endsWith('Point') ? 'point' : 'polyline';
    const feature = { id: 'a', chip_id: 'c', origin: 1, actor: '', seq: 1, properties: { class: 0, kind } } as const;
    expect(geometryOf(fromFeature({ ...feature, geometry: { type, coordinates } }))).toEqual({ type, coordinates });
  });

  it('keeps a box a box while a corner is moved, and an oriented one too', () => {
    const box = moveVertex(made('box', [[rectangle(p(0, 0), p(10, 6))]], about), { part: 0, ring: 0, at: 2 }, p(12, 9));
    expect(box.parts[0]![0]).toEqual(rectangle(p(0, 0), p(12, 9)));
    const leaning = made('oriented-box', [[oriented(p(0, 0), p(4, 4), p(0, 4))]], about);
    const [a, b, c, d] = moveVertex(leaning, { part: 0, ring: 0, at: 2 }, p(3, 9))
      .parts[0]![0]! as never as Shape['parts'][0][0];
    expect((b!.x - a!.x) * (c!.x - b!.x) + (b!.y - a!.y) * (c!.y - b!.y)).toBeCloseTo(0);
    expect(d!.x - a!.x).toBeCloseTo(c!.x - b!.x);
    expect(c).toEqual(p(3, 9));
  });

  it('takes holes and parts, and loses them with their last vertices', () => {
    let shape = addPart(addHole(square(), rectangle(p(2, 2), p(4, 4))), rectangle(p(20, 0), p(30, 10)));
    expect(coverOf(shape)).toBe(196);
    expect([inside(shape, p(3, 3)), inside(shape, p(5, 5)), inside(shape, p(25, 5))]).toEqual([false, true, true]);
    for (let i = 0; i < 2; i++) shape = dropVertex(shape, { part: 0, ring: 1, at: 0 })!;
    expect(shape.parts.map((part) => part.length)).toEqual([1, 1]);
    for (let i = 0; i < 2; i++) shape = dropVertex(shape, { part: 1, ring: 0, at: 0 })!;
    expect(shape.parts).toEqual(square().parts);
    expect(dropVertex(made('point', [[[p(1, 1)]]], about), { part: 0, ring: 0, at: 0 })).toBeNull();
  });

  it('says where an outline crosses itself, and when it does no more', () => {
    const bow = made('polygon', [[[p(0, 0), p(10, 10), p(10, 0), p(0, 10)]]], about);
    expect(bow.problem).toBe('self-intersection');
    expect(square().problem).toBeNull();
    const round = Array.from({ length: 3000 }, (_, i) => p(9 * Math.cos(i / 477.5), 9 * Math.sin(i / 477.5)));
    expect(made('polygon', [[round]], about).problem).toBeNull();
    expect(
      moveVertex(made('polygon', [[round]], about), { part: 0, ring: 0, at: 7 }, p(-20, 1)).problem,
    ).not.toBeNull();
    expect(moveVertex(square(), { part: 0, ring: 0, at: 0 }, p(11, 5)).problem).not.toBeNull();
    expect(addVertex(square(), { part: 0, ring: 0, at: 3 }, p(-2, 5)).problem).toBeNull();
  });

  it('has a point that lies on it', () => {
    const ring = addHole(square(), rectangle(p(1, 1), p(9, 9)));
    expect(inside(ring, pointOn(ring))).toBe(true);
    expect(moveBy(square(), 3, 4).bounds).toEqual([3, 4, 13, 14]);
  });
});

describe('hit', () => {
  it('finds vertices before edges, and the smaller shape', () => {
    expect(vertexAt(square(), p(9.5, 9), 2)).toEqual({ part: 0, ring: 0, at: 2 });
    expect(edgeAt(square(), p(5, 1), 2)).toMatchObject({ spot: { at: 0 }, at: { x: 5, y: 0 } });
    expect(edgeAt(made('polyline', [[[p(0, 0), p(10, 0), p(10, 10)]]], about), p(4, 5), 2)).toBeNull();
    const small = { ...square(4, 4, 2), id: 'b' };
    expect(pickOf([small, square()], p(5, 5), 1)?.id).toBe('b');
    expect(pickOf([square()], p(12, 12), 1)).toBeNull();
  });

  it('snaps to a vertex even where an edge is nearer', () => {
    expect(snapTo([square()], p(9, 0.1), 2)).toEqual(p(10, 0));
    expect(snapTo([square()], p(5, -1), 2)).toEqual(p(5, 0));
    expect(snapTo([square()], p(5, 5), 2)).toBeNull();
  });
});

describe('grid', () => {
  it('answers as looking at each does', () => {
    const grid = new Grid<Shape>(16, 200);
    const all = Array.from({ length: 400 }, (_, i) => {
      return { ...square(((i * 37) % 211) - 20, ((i * 91) % 307) - 30, i % 50 ? (i % 9) + 1 : 190), id: String(i) };
    });
    for (const one of all) grid.add(one);
    for (const one of all.slice(0, 50)) grid.remove(one);
    for (const box of [
      [10, 10, 40, 30],
      [-40, -40, 0, 0],
      [-1e9, -1e9, 1e9, 1e9],
      [150, 0, 151, 400],
    ] as const) {
      const [l, t, r, b] = box;
      const wanted = all.slice(50).filter(({ bounds: s }) => s[0] <= r && s[2] >= l && s[1] <= b && s[3] >= t);
      expect(
        grid
          .meets(box)
          .map((one) => one.id)
          .sort(),
      ).toEqual(wanted.map((one) => one.id).sort());
    }
  });
});

describe('history', () => {
  const event = (seq: number, more: object): Annotation =>
    ({
      seq,
      id: `e${seq}`,
      kind: 'shapes',
      task: 't',
      chip_id: 'my_s_0_1_2',
      active: true,
      bulk: null,
      ...more,
    }) as never;

  it('knows the grid place of a chip', () => {
    expect(placeOf('my_s_0_1_2')).toEqual({ scene: 'my_s', level: 0, row: 1, col: 2 });
    expect(placeOf('photo')).toBeNull();
  });

  it('tells what can be taken back and brought back', () => {
    const undo = (seq: number, undoes: string, active = true) =>
      event(seq, { kind: 'undo', task: null, chip_id: null, undoes, active });
    const events = [
      event(1, {}),
      event(2, { active: false }),
      undo(3, 'e2'),
      event(4, { bulk: 'b' }),
      event(5, { bulk: 'b' }),
      event(6, { active: false }),
      event(7, { active: false }),
      undo(8, 'e7'),
      undo(9, 'e6'),
      event(10, { chip_id: 'other_0_0_0' }),
    ];
    const { undo: back, redo } = stepsOf(events, 't', 'my_s');
    expect(back.map((one) => one.id)).toEqual(['b', 'e1']);
    expect(redo.map((one) => [one.id, one.by])).toEqual([
      ['e6', 'e9'],
      ['e7', 'e8'],
    ]);
  });
});

describe('other dates', () => {
  const scene = (id: string, day: string, more: Partial<SceneRow> = {}): SceneRow => ({
    ...{ id, datetime: `${day}T10:00:00Z`, crs: 'EPSG:32721', bbox: [-54, -25, -53, -24], width: 400, height: 300 },
    ...{ bands: [], chips: 9, cloud_cover: null, geometry: null, photo: false, resolution: 30, sensor: null },
    ...more,
  });
  const own = scene('own', '2020-01-13');

  it('are those whose pixels lie where those of the scene do, the earliest first', () => {
    const [late, early] = [scene('b', '2020-02-01'), scene('c', '2019-12-01')];
    const shifted = scene('d', '2020-03-01', { bbox: [-54.001, -25, -53, -24] });
    const wider = scene('e', '2020-03-01', { width: 401 });
    expect(onGridOf(own, [late, own, shifted, early, wider])).toEqual([early, late]);
    expect(onGridOf({ ...own, crs: null }, [late])).toEqual([]);
  });
});
