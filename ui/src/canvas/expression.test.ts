import { describe, expect, it } from 'vitest';
import cases from '../../../tests/support/expressions.json';
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
  it.each(cases.values)('$text is $value', ({ text, value }) => {
    const found = evaluator(parseExpression(text, cases.bands).root)(cases.pixel);
    if (value === null) expect(found).toBeNaN();
    else expect(found).toBeCloseTo(value, 9);
  });

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

  it('has no value where a band has none', () => {
    expect(value('min(nir, red)', [1, NaN, 2, 3])).toBeNaN();
    expect(value('blue', [1, NaN, 2, 3])).toBe(1);
    expect(value('red ** 0', [1, NaN, 2, 3])).toBeNaN();
  });

  it.each(cases.errors)('refuses $text at $at', ({ text, at, length, says }) => {
    try {
      parseExpression(text, cases.bands);
    } catch (error) {
      expect(error).toBeInstanceOf(ExpressionError);
      const { message, at: where, length: long } = error as ExpressionError;
      expect(message).toContain(says);
      expect([where, long]).toEqual([at, length]);
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
