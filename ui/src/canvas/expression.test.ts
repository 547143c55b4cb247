import { describe, expect, it } from 'vitest';
import { evaluator, ExpressionError, findBand, parseExpression, quoteBand, toGlsl, type Node } from './expression';

const BANDS = [
  { name: 'B02', common_name: 'blue' },
  { name: 'B04', common_name: 'red' },
  { name: 'B08', common_name: 'nir' },
  { name: 'vv dB', common_name: null },
];
const VALUES = [0.1, 0.2, 0.6, -12];

const parse = (text: string) => parseExpression(text, BANDS);
const value = (text: string, values: number[] = VALUES) => evaluator(parse(text).root)(values);

describe('parseExpression', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['2 ** 3 ** 2', 512],
    ['-2 ** 2', -4],
    ['2 ** -1', 0.5],
    ['10 - 4 - 3', 3],
    ['24 / 4 / 2', 3],
    ['- - 3', 3],
    ['+3', 3],
    ['1e3 + .5 + 2.', 1002.5],
    ['2^3', 8],
    ['max(1, 2, 3) - min(4, 2)', 1],
    ['clamp(7, 0, 5)', 5],
    ['abs(-2) + sqrt(9) + floor(1.7) + sign(-4)', 5],
    ['log10(1000) + log2(8) + log(exp(1))', 7],
    ['pow(2, 10)', 1024],
  ])('%s is %d', (text, wanted) => expect(value(text)).toBeCloseTo(wanted, 12));

  it('knows bands by name, by common name, in any case, quoted', () => {
    expect(value('B08 + nir + b08 + NIR')).toBeCloseTo(2.4);
    expect(value('"vv dB" / 2 + `vv dB`')).toBeCloseTo(-18);
  });

  it('says which bands it needs, and whether it is a normalised difference', () => {
    const ndvi = parse('(nir - red) / (nir + red)');
    expect(ndvi.bands).toEqual([2, 1]);
    expect(ndvi.normalised).toBe(true);
    expect(parse('(nir - red) / (red + nir)').normalised).toBe(true);
    expect(parse('(nir - red) / (nir + blue)').normalised).toBe(false);
    expect(parse('nir / red').normalised).toBe(false);
    expect(evaluator(ndvi.root)(VALUES)).toBeCloseTo(0.5);
  });

  it.each([
    'nir / 0',
    '0 / 0',
    'sqrt(0 - 1)',
    'log(0)',
    'log(-1)',
    '(-8) ** (1/3)',
    '0 ** -1',
    'exp(1000)',
    'pow(-1, 0.5)',
  ])('%s has no value', (text) => expect(value(text)).toBeNaN());

  it('has no value where a band has none', () => {
    expect(value('min(nir, red)', [1, NaN, 2, 3])).toBeNaN();
    expect(value('blue', [1, NaN, 2, 3])).toBe(1);
  });

  it.each([
    ['', 0, /formula/],
    ['   ', 0, /formula/],
    ['nir +', 5, /too early/],
    ['(nir', 0, /not closed/],
    ['nir)', 3, /never opened/],
    ['nir red', 4, /operator is missing/],
    ['nir * * red', 6, /missing before/],
    ['nir + swir', 6, /no band "swir"/],
    ['2 + $x', 4, /"\$" is not understood/],
    ['nir + "oops', 6, /quote is not closed/],
    ['foo(nir)', 0, /no function "foo"/],
    ['constructor(nir)', 0, /no function/],
    ['__proto__', 0, /no band/],
    ['sqrt(1, 2)', 0, /takes 1 values?, not 2/],
    ['min(1)', 0, /2 to 8/],
    ['clamp()', 0, /takes 3/],
    ['max(1,,2)', 6, /missing before/],
    ['1e999', 0, /too large/],
    ['nir; gl_FragColor', 3, /";"/],
    ['nir = 3', 4, /"="/],
  ])('refuses %j at %i', (text, at, message) => {
    try {
      parse(text);
    } catch (error) {
      expect(error).toBeInstanceOf(ExpressionError);
      expect((error as ExpressionError).message).toMatch(message);
      expect((error as ExpressionError).at).toBe(at);
      return;
    }
    throw new Error('no error');
  });

  it('refuses what is too long or too deep', () => {
    expect(() => parse('('.repeat(200) + '1' + ')'.repeat(200))).toThrow(/deep/);
    expect(() => parse('-'.repeat(200) + '1')).toThrow(/deep/);
    expect(() => parse(Array(400).fill('1').join('+'))).toThrow(/longer/);
  });

  it('never fails otherwise than with an ExpressionError, whatever is typed', () => {
    const random = generator(1);
    const bits = [
      'nir',
      'red',
      '1',
      '2.5',
      '+',
      '-',
      '*',
      '/',
      '**',
      '(',
      ')',
      ',',
      'min',
      'sqrt',
      '"',
      '`',
      ' ',
      '.',
      'e',
      '☃',
      "'",
      '\\',
      '{',
      '\n',
    ];
    for (let i = 0; i < 5000; i++) {
      const text = Array.from(
        { length: 1 + Math.floor(random() * 12) },
        () => bits[Math.floor(random() * bits.length)],
      ).join('');
      try {
        const found = parse(text);
        expect(toGlsl(found.root, (band) => `b[${band}]`)).toMatch(/^[\w\s().,+*/[\]-]+$/);
      } catch (error) {
        expect(error).toBeInstanceOf(ExpressionError);
        expect((error as ExpressionError).at).toBeLessThanOrEqual(text.length);
      }
    }
  });

  it('reads back any tree that it is written from', () => {
    const random = generator(2);
    for (let i = 0; i < 1000; i++) {
      const tree = randomTree(random, 4);
      expect(parse(write(tree)).root).toEqual(tree);
    }
  });
});

describe('toGlsl', () => {
  const glsl = (text: string) => toGlsl(parse(text).root, (band) => `b[${band}]`);

  it.each([
    ['nir', 'b[2]'],
    ['3', '3.0'],
    ['1e-7', '1e-7'],
    ['(nir - red) / (nir + red)', 'x_div((b[2] - b[1]), (b[2] + b[1]))'],
    ['-nir ** 2', '(-x_pow(b[2], 2.0))'],
    ['min(nir, red, 1)', 'min(min(b[2], b[1]), 1.0)'],
    ['clamp(nir, 0, 1)', 'min(max(b[2], 0.0), 1.0)'],
    ['sqrt(abs(nir))', 'x_sqrt(abs(b[2]))'],
    ['1e300', '3.4e+38'],
  ])('%s', (text, wanted) => expect(glsl(text)).toBe(wanted));
});

describe('bands', () => {
  it('prefers the name over the common name', () => {
    const bands = [
      { name: 'x', common_name: 'red' },
      { name: 'red', common_name: 'nir' },
    ];
    expect(findBand('red', bands)).toBe(1);
    expect(findBand('nir', bands)).toBe(1);
    expect(findBand('none', bands)).toBe(-1);
  });

  it('quotes what is not a word', () => {
    expect(['B02', 'vv dB', 'a"b', '1x'].map(quoteBand)).toEqual(['B02', '"vv dB"', '`a"b`', '"1x"']);
  });
});

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

function randomTree(random: () => number, depth: number): Node {
  const kind = depth === 0 ? random() * 2 : random() * 6;
  if (kind < 1) return { kind: 'number', value: Math.round(random() * 1000) / 8 };
  if (kind < 2) return { kind: 'band', band: Math.floor(random() * BANDS.length) };
  if (kind < 3) return { kind: 'minus', of: randomTree(random, depth - 1) };
  if (kind < 5) {
    const op = (['+', '-', '*', '/', '**'] as const)[Math.floor(random() * 5)]!;
    return { kind: 'op', op, left: randomTree(random, depth - 1), right: randomTree(random, depth - 1) };
  }
  return { kind: 'call', name: 'max', args: [randomTree(random, depth - 1), randomTree(random, depth - 1)] };
}

function write(node: Node): string {
  if (node.kind === 'number') return String(node.value);
  if (node.kind === 'band') return quoteBand(BANDS[node.band]!.name);
  if (node.kind === 'minus') return `(-(${write(node.of)}))`;
  if (node.kind === 'op') return `((${write(node.left)}) ${node.op} (${write(node.right)}))`;
  return `${node.name}(${node.args.map(write).join(', ')})`;
}
