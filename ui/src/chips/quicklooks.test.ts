import { describe, expect, it } from 'vitest';
import { Lru } from './lru';
import { asks, keyOf, ranges, unpack } from './quicklooks';

function page(pictures: Uint8Array[]): ArrayBuffer {
  const start = 4 + 4 * (pictures.length + 1);
  const total = pictures.reduce((n, p) => n + p.length, 0);
  const out = new Uint8Array(start + total);
  const view = new DataView(out.buffer);
  view.setUint32(0, pictures.length, true);
  let at = 0;
  pictures.forEach((p, i) => {
    view.setUint32(4 + 4 * i, at, true);
    out.set(p, start + at);
    at += p.length;
  });
  view.setUint32(4 + 4 * pictures.length, at, true);
  return out.buffer;
}

describe('unpack', () => {
  it('gives back what was packed', () => {
    for (let n = 0; n < 70; n++) {
      const pictures = Array.from({ length: n }, (_, i) =>
        Uint8Array.from({ length: (i * 37) % 11 }, (_, j) => (i + j) & 255),
      );
      expect(unpack(page(pictures)).map((p) => [...p])).toEqual(pictures.map((p) => [...p]));
    }
  });

  it('refuses a page that was cut off', () => {
    const whole = page([Uint8Array.of(1, 2, 3), Uint8Array.of(4)]);
    for (let n = 0; n < whole.byteLength; n++) expect(() => unpack(whole.slice(0, n))).toThrow(RangeError);
  });
});

describe('asks', () => {
  it('writes rows as ranges', () => {
    expect(ranges([3])).toBe('3');
    expect(ranges([0, 1, 2, 7, 9, 10])).toBe('0-2,7,9-10');
  });

  it('asks for each spot once, in the order that the server answers', () => {
    const spots = [
      { part: 'b_0', row: 5 },
      { part: 'a_0', row: 2 },
      { part: 'b_0', row: 4 },
      { part: 'b_0', row: 5 },
    ];
    const [ask, ...more] = asks(spots);
    expect(more).toEqual([]);
    expect(ask).toEqual({
      pairs: [
        { part: 'b_0', rows: '4-5' },
        { part: 'a_0', rows: '2' },
      ],
      spots: [
        { part: 'b_0', row: 4 },
        { part: 'b_0', row: 5 },
        { part: 'a_0', row: 2 },
      ],
    });
  });

  it('keeps requests small, and loses none', () => {
    const spots = Array.from({ length: 1000 }, (_, i) => ({ part: `SCENE_${'x'.repeat(60)}_${i % 97}_0`, row: i }));
    const made = asks(spots);
    expect(made.every((a) => a.spots.length <= 64)).toBe(true);
    expect(new Set(made.flatMap((a) => a.spots.map(keyOf))).size).toBe(1000);
    for (const a of made) {
      const query = new URLSearchParams(
        a.pairs.flatMap((p) => [
          ['part', p.part],
          ['rows', p.rows],
        ]),
      ).toString();
      expect(query.length).toBeLessThan(4000);
    }
  });
});

describe('Lru', () => {
  it('drops the oldest beyond its weight, and says so', () => {
    const dropped: string[] = [];
    const lru = new Lru<number>(10, (_, key) => dropped.push(key));
    lru.set('a', 1, 4);
    lru.set('b', 2, 4);
    expect(lru.get('a')).toBe(1);
    lru.set('c', 3, 4);
    expect(dropped).toEqual(['b']);
    lru.set('big', 4, 100);
    expect([lru.size, lru.weight, lru.has('big')]).toEqual([1, 100, true]);
    lru.clear();
    expect([lru.size, lru.weight]).toEqual([0, 0]);
    expect(dropped).toEqual(['b', 'a', 'c', 'big']);
  });
});
