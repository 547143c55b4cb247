/**
 * Band math: a small language of numbers, band names, + - * / ** and a few functions. A text becomes a tree, the tree
 * becomes a function of JavaScript closures or a line of GLSL; nothing of the text itself ever reaches either. The
 * server has the same grammar (chips/expression.py); tests/support/expressions.json holds both to the same cases.
 */

export class ExpressionError extends Error {
  constructor(
    message: string,
    /** Where in the text, counted from 0, and how many characters of it. */
    readonly at: number,
    readonly length = 1,
  ) {
    super(message);
  }
}

export type Node =
  | { kind: 'number'; value: number }
  | { kind: 'band'; band: number }
  | { kind: 'minus'; of: Node }
  | { kind: 'op'; op: Operator; left: Node; right: Node }
  | { kind: 'call'; name: FunctionName; args: Node[] };

export type Operator = '+' | '-' | '*' | '/' | '**';

/** Functions with the least and the most arguments that they take. */
const FUNCTIONS = {
  abs: [1, 1],
  sqrt: [1, 1],
  exp: [1, 1],
  log: [1, 1],
  log2: [1, 1],
  log10: [1, 1],
  floor: [1, 1],
  sign: [1, 1],
  pow: [2, 2],
  min: [2, 8],
  max: [2, 8],
  clamp: [3, 3],
} as const;
export type FunctionName = keyof typeof FUNCTIONS;
export const FUNCTION_NAMES = Object.keys(FUNCTIONS) as FunctionName[];

export interface BandName {
  name: string;
  common_name?: string | null;
}

export interface Expression {
  text: string;
  root: Node;
  /** Positions of the bands it needs, in order of first use. */
  bands: number[];
  /** True for (a - b) / (a + b), whose values lie between -1 and 1. */
  normalised: boolean;
}

const MAX_LENGTH = 500;
const MAX_DEPTH = 50;

/** Parses a text over the bands given. Throws ExpressionError with the place of what is wrong. */
export function parseExpression(text: string, bands: readonly BandName[]): Expression {
  if (text.length > MAX_LENGTH) throw new ExpressionError(`longer than ${MAX_LENGTH} characters`, MAX_LENGTH);
  const root = new Parser(tokens(text), bands, text.length).whole();
  return describe(text, root);
}

/** One formula, or three joined by `;` for red, green and blue; a mistake is pointed at in the whole text. */
export function parseFormulas(text: string, bands: readonly BandName[]): Expression[] {
  const parts = text.split(';');
  if (parts.length !== 1 && parts.length !== 3)
    throw new ExpressionError(
      'one formula, or three for red, green and blue',
      text.indexOf(';', parts.length > 3 ? parts.slice(0, 3).join(';').length : 0),
    );
  let from = 0;
  return parts.map((part) => {
    const start = from;
    from += part.length + 1;
    try {
      return parseExpression(part, bands);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      throw new ExpressionError(error.message, start + error.at, error.length);
    }
  });
}

/** The expression that is one band. */
export function bandExpression(band: number, name: string): Expression {
  return describe(name, { kind: 'band', band });
}

function describe(text: string, root: Node): Expression {
  const used = new Set<number>();
  walk(root, (node) => node.kind === 'band' && used.add(node.band));
  return { text, root, bands: [...used], normalised: isNormalised(root) };
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  if (node.kind === 'minus') walk(node.of, visit);
  else if (node.kind === 'op') {
    walk(node.left, visit);
    walk(node.right, visit);
  } else if (node.kind === 'call') node.args.forEach((arg) => walk(arg, visit));
}

function isNormalised(node: Node): boolean {
  if (node.kind !== 'op' || node.op !== '/') return false;
  const { left: above, right: below } = node;
  if (above.kind !== 'op' || above.op !== '-' || below.kind !== 'op' || below.op !== '+') return false;
  const [a, b, c, d] = [above.left, above.right, below.left, below.right].map((n) => JSON.stringify(n));
  return (a === c && b === d) || (a === d && b === c);
}

// --- text to tree ---------------------------------------------------------------------------------------------------

interface Token {
  kind: 'number' | 'name' | 'quoted' | 'sign' | 'end';
  text: string;
  at: number;
  length: number;
}

const TOKEN =
  /\s*(?:(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[A-Za-z_]\w*)|(?<quoted>"[^"]*"|`[^`]*`)|(?<sign>\*\*|[-+*/^(),]))/y;

function tokens(text: string): Token[] {
  const found: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < end) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw unreadable(text, from);
    const [kind, value] = Object.entries(match.groups!).find(([, group]) => group !== undefined)!;
    const at = TOKEN.lastIndex - value!.length;
    found.push({ kind: kind as Token['kind'], text: value!, at, length: value!.length });
  }
  found.push({ kind: 'end', text: '', at: end, length: 1 });
  return found;
}

function unreadable(text: string, from: number): ExpressionError {
  const at = from + (/\S/.exec(text.slice(from))?.index ?? 0);
  const sign = text[at] ?? '';
  if (sign === '"' || sign === '`') return new ExpressionError('the quote is not closed', at, text.length - at);
  return new ExpressionError(`"${sign}" is not understood here`, at);
}

class Parser {
  private next = 0;
  private depth = 0;

  constructor(
    private readonly list: Token[],
    private readonly bands: readonly BandName[],
    private readonly end: number,
  ) {}

  whole(): Node {
    if (this.peek().kind === 'end') throw new ExpressionError('type a formula over band names', 0);
    const node = this.sum();
    const rest = this.peek();
    if (rest.kind !== 'end')
      throw new ExpressionError(
        rest.text === ')' ? 'this bracket was never opened' : `an operator is missing before "${rest.text}"`,
        rest.at,
        rest.length,
      );
    return node;
  }

  private sum(): Node {
    if (++this.depth > MAX_DEPTH) throw new ExpressionError('nested too deeply', this.peek().at);
    let left = this.product();
    for (let sign = this.take('+', '-'); sign; sign = this.take('+', '-'))
      left = { kind: 'op', op: sign.text as Operator, left, right: this.product() };
    this.depth--;
    return left;
  }

  private product(): Node {
    let left = this.unary();
    for (let sign = this.take('*', '/'); sign; sign = this.take('*', '/'))
      left = { kind: 'op', op: sign.text as Operator, left, right: this.unary() };
    return left;
  }

  private unary(): Node {
    const sign = this.take('-', '+');
    if (!sign) return this.power();
    if (++this.depth > MAX_DEPTH) throw new ExpressionError('nested too deeply', sign.at);
    const of = this.unary();
    this.depth--;
    return sign.text === '-' ? { kind: 'minus', of } : of;
  }

  private power(): Node {
    const left = this.atom();
    if (!this.take('**', '^')) return left;
    return { kind: 'op', op: '**', left, right: this.unary() };
  }

  private atom(): Node {
    const token = this.peek();
    this.next++;
    if (token.kind === 'number') return { kind: 'number', value: this.number(token) };
    if (token.kind === 'name')
      return this.peek().text === '(' && this.peek().kind === 'sign' ? this.call(token) : this.band(token, token.text);
    if (token.kind === 'quoted') return this.band(token, token.text.slice(1, -1));
    if (token.text === '(') {
      const inside = this.sum();
      this.close(token);
      return inside;
    }
    this.next--;
    throw token.kind === 'end'
      ? new ExpressionError('the formula ends too early: a band or a number is missing', this.end)
      : new ExpressionError(`a band or a number is missing before "${token.text}"`, token.at, token.length);
  }

  private number(token: Token): number {
    const value = Number(token.text);
    if (!Number.isFinite(value)) throw new ExpressionError('this number is too large', token.at, token.length);
    return value;
  }

  private call(token: Token): Node {
    if (!Object.hasOwn(FUNCTIONS, token.text))
      throw new ExpressionError(
        `no function "${token.text}"; there are ${FUNCTION_NAMES.join(', ')}`,
        token.at,
        token.length,
      );
    const name = token.text as FunctionName;
    const open = this.peek();
    this.next++;
    const args: Node[] = [];
    if (this.peek().text !== ')')
      do args.push(this.sum());
      while (this.take(','));
    this.close(open);
    const [least, most] = FUNCTIONS[name];
    if (args.length < least || args.length > most)
      throw new ExpressionError(
        `${name} takes ${least === most ? least : `${least} to ${most}`} values, not ${args.length}`,
        token.at,
        token.length,
      );
    return { kind: 'call', name, args };
  }

  private close(open: Token): void {
    if (this.take(')')) return;
    const found = this.peek();
    if (found.kind === 'end') throw new ExpressionError('this bracket is not closed', open.at, open.length);
    throw new ExpressionError(`an operator or ")" is missing before "${found.text}"`, found.at, found.length);
  }

  private band(token: Token, name: string): Node {
    const band = findBand(name, this.bands);
    if (band >= 0) return { kind: 'band', band };
    const names = this.bands.map((b) => b.name).join(', ');
    throw new ExpressionError(`no band "${name}"; there are ${names}`, token.at, token.length);
  }

  private peek(): Token {
    return this.list[this.next]!;
  }

  private take(...signs: string[]): Token | null {
    const token = this.peek();
    if (token.kind !== 'sign' || !signs.includes(token.text)) return null;
    this.next++;
    return token;
  }
}

/** Position of a band by its name, then by its common name, then by either without regard to case; -1 for none. */
export function findBand(name: string, bands: readonly BandName[]): number {
  const wanted = name.toLowerCase();
  const tests: ((band: BandName) => boolean)[] = [
    (band) => band.name === name,
    (band) => band.common_name === name,
    (band) => band.name.toLowerCase() === wanted,
    (band) => band.common_name?.toLowerCase() === wanted,
  ];
  for (const test of tests) {
    const at = bands.findIndex(test);
    if (at >= 0) return at;
  }
  return -1;
}

/** A band's name as it is written in a formula: quoted where it is not a plain word. */
export function quoteBand(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : name.includes('"') ? `\`${name}\`` : `"${name}"`;
}

// --- tree to function -----------------------------------------------------------------------------------------------

export type Evaluate = (bands: ArrayLike<number>) => number;

/** The expression as a function of physical values by band position; NaN where it has no value. */
export function evaluator(root: Node): Evaluate {
  const inner = closure(root);
  return (bands) => {
    const value = inner(bands);
    return Number.isFinite(value) ? value : NaN;
  };
}

function closure(node: Node): Evaluate {
  if (node.kind === 'number') return () => node.value;
  if (node.kind === 'band') return (bands) => bands[node.band] ?? NaN;
  if (node.kind === 'minus') {
    const of = closure(node.of);
    return (bands) => -of(bands);
  }
  if (node.kind === 'call') return callClosure(node.name, node.args.map(closure));
  const a = closure(node.left);
  const b = closure(node.right);
  if (node.op === '+') return (bands) => a(bands) + b(bands);
  if (node.op === '-') return (bands) => a(bands) - b(bands);
  if (node.op === '*') return (bands) => a(bands) * b(bands);
  if (node.op === '/') return (bands) => divide(a(bands), b(bands));
  return (bands) => power(a(bands), b(bands));
}

function callClosure(name: FunctionName, args: Evaluate[]): Evaluate {
  const [a, b, c] = args as [Evaluate, Evaluate, Evaluate];
  if (name === 'pow') return (bands) => power(a(bands), b(bands));
  if (name === 'clamp') return (bands) => Math.min(Math.max(a(bands), b(bands)), c(bands));
  if (name === 'min' || name === 'max') {
    const choose = Math[name];
    return (bands) => args.reduce((best, arg) => choose(best, arg(bands)), name === 'min' ? Infinity : -Infinity);
  }
  const plain = name === 'log' || name === 'log2' || name === 'log10' ? logarithm(Math[name]) : Math[name];
  return (bands) => plain(a(bands));
}

const divide = (a: number, b: number) => (b === 0 ? NaN : a / b);
const logarithm = (log: (x: number) => number) => (x: number) => (x > 0 ? log(x) : NaN);

function power(a: number, b: number): number {
  const value = a ** b;
  return Number.isFinite(value) && !Number.isNaN(a) ? value : NaN;
}

// --- tree to GLSL ---------------------------------------------------------------------------------------------------

/** Helpers that the lines of `toGlsl` call; `bad` is set where there is no value, as the closures give NaN. */
export const GLSL_HELPERS = /* glsl */ `
bool bad;
float x_div(float a, float b) { if (b == 0.0) { bad = true; return 0.0; } return a / b; }
float x_pow(float a, float b) {
  if (b == 0.0) return 1.0;
  if (b == 1.0) return a;
  if (b == 2.0) return a * a;
  if (a == 0.0) { if (b < 0.0) bad = true; return 0.0; }
  if (a > 0.0) return pow(a, b);
  float whole = floor(b + 0.5);
  if (whole != b) { bad = true; return 0.0; }
  float size = pow(-a, b);
  return mod(abs(whole), 2.0) == 1.0 ? -size : size;
}
float x_sqrt(float a) { if (a < 0.0) { bad = true; return 0.0; } return sqrt(a); }
float x_log(float a) { if (a <= 0.0) { bad = true; return 0.0; } return log(a); }
float x_log2(float a) { return x_log(a) * 1.4426950408889634; }
float x_log10(float a) { return x_log(a) * 0.4342944819032518; }
`;

/** The expression as GLSL; `slot` says which variable of the shader holds a band. */
export function toGlsl(node: Node, slot: (band: number) => string): string {
  if (node.kind === 'number') return literal(node.value);
  if (node.kind === 'band') return slot(node.band);
  if (node.kind === 'minus') return `(-${toGlsl(node.of, slot)})`;
  if (node.kind === 'op') {
    const a = toGlsl(node.left, slot);
    const b = toGlsl(node.right, slot);
    if (node.op === '/') return `x_div(${a}, ${b})`;
    return node.op === '**' ? `x_pow(${a}, ${b})` : `(${a} ${node.op} ${b})`;
  }
  const args = node.args.map((arg) => toGlsl(arg, slot));
  if (node.name === 'min' || node.name === 'max') return args.reduce((a, b) => `${node.name}(${a}, ${b})`);
  if (node.name === 'clamp') return `min(max(${args[0]}, ${args[1]}), ${args[2]})`;
  const guarded = ['sqrt', 'log', 'log2', 'log10', 'pow'].includes(node.name);
  return `${guarded ? 'x_' : ''}${node.name}(${args.join(', ')})`;
}

/** A number as GLSL float; beyond float32's range its largest, so that no line can fail to compile. */
function literal(value: number): string {
  const text = String(Math.min(3.4e38, value));
  return /[.e]/.test(text) ? text : `${text}.0`;
}
