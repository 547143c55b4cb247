/** Programs of the graphics card, built once for each source. */

import { CanvasError } from './textures';
import { VERTEX } from './shader';

/** What a driver says, in one line without a full stop: some end it with a zero byte, too. */
function plain(log: string): string {
  return log
    .replace(/[\s\0]+/g, ' ')
    .replace(/[. ]+$/, '')
    .trim();
}

type Kind = '1f' | '2f' | '3f' | '1i' | '2i';

export class Program {
  private readonly places = new Map<string, WebGLUniformLocation | null>();
  private readonly program: WebGLProgram;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    fragment: string,
  ) {
    this.program = gl.createProgram();
    const told: string[] = [];
    for (const [kind, text] of [
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, fragment],
    ] as const) {
      const shader = gl.createShader(kind)!;
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(this.program, shader);
      told.push(gl.getShaderInfoLog(shader) ?? '');
      gl.deleteShader(shader);
    }
    gl.linkProgram(this.program);
    if (!gl.getProgramParameter(this.program, gl.LINK_STATUS) && !gl.isContextLost()) {
      const why = [...told, gl.getProgramInfoLog(this.program) ?? ''].map(plain).filter(Boolean).join('; ');
      throw new CanvasError(`the graphics card does not take the program that draws this: ${why || 'it says no more'}`);
    }
  }

  use(): void {
    this.gl.useProgram(this.program);
  }

  /** Sets a uniform; what the shader has no use for is passed over. */
  set(name: string, kind: Kind, ...values: number[]): void {
    const at = this.at(name);
    if (at) this.gl[`uniform${kind}v`](at, values);
  }

  bind(name: string, unit: number, target: number, texture: WebGLTexture): void {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0 + unit);
    gl.bindTexture(target, texture);
    gl.uniform1i(this.at(name), unit);
  }

  private at(name: string): WebGLUniformLocation | null {
    let place = this.places.get(name);
    if (place === undefined) this.places.set(name, (place = this.gl.getUniformLocation(this.program, name)));
    return place;
  }
}

export class Programs {
  private readonly built = new Map<string, Program>();

  constructor(private readonly gl: WebGL2RenderingContext) {}

  get(fragment: string): Program {
    let found = this.built.get(fragment);
    if (!found) this.built.set(fragment, (found = new Program(this.gl, fragment)));
    return found;
  }
}
