import { afterEach, describe, expect, it } from 'vitest';
import { go, hrefOf, parseHash, route, setQuery } from './router.svelte';

afterEach(() => {
  location.hash = '';
  route.read();
});

describe('parseHash', () => {
  it.each([
    ['', [], {}],
    ['#/', [], {}],
    ['#/chips', ['chips'], {}],
    ['#/chips?filter=cloud_cover%20%3C%2010&sort=newest', ['chips'], { filter: 'cloud_cover < 10', sort: 'newest' }],
    ['#/chip/S2_0_1_2', ['chip', 'S2_0_1_2'], {}],
    ['#/releases/a%2Fb%3F', ['releases', 'a/b?'], {}],
    ['#/chip/100%', ['chip', '100%'], {}],
  ])('%s', (hash, path, query) => {
    const found = parseHash(hash);
    expect(found.path).toEqual(path);
    expect(Object.fromEntries(found.query)).toEqual(query);
  });

  it('reads back what hrefOf writes', () => {
    for (const path of [[], ['chips'], ['chip', 'a b/c?d#e%'], ['scenes', 'ümlaut']]) {
      for (const query of [{}, { filter: "label = 'water' AND x > 1&2", task: 'pixels' }]) {
        const found = parseHash(hrefOf(path, query));
        expect(found.path).toEqual(path);
        expect(Object.fromEntries(found.query)).toEqual(query);
      }
    }
  });
});

describe('route', () => {
  it('follows the hash', async () => {
    const heard = new Promise((resolve) => window.addEventListener('hashchange', resolve, { once: true }));
    go('#/chip/X?task=pixels');
    await heard;
    expect(route.page).toBe('chip');
    expect(route.path).toEqual(['chip', 'X']);
    expect(route.query.get('task')).toBe('pixels');
  });

  it('changes the query without a step in the history', () => {
    location.hash = '#/chips?filter=a&sort=id';
    route.read();
    const before = history.length;
    setQuery({ filter: null, sort: 'newest', limit: 10 });
    expect(location.hash).toBe('#/chips?sort=newest&limit=10');
    expect(route.query.get('sort')).toBe('newest');
    expect(history.length).toBe(before);
  });

  it('does not take a page back that is being left', () => {
    go('#/chip/A');
    location.hash = '#/chip/B'; // a link: the browser tells of it later
    setQuery({ index: 'NDWI' });
    expect(location.hash).toBe('#/chip/B');
    expect(route.path).toEqual(['chip', 'B']);
  });

  it('is there at once', () => {
    go('#/chip/A?gamma=2');
    setQuery({ index: 'NDWI' });
    expect(location.hash).toBe('#/chip/A?gamma=2&index=NDWI');
  });
});
