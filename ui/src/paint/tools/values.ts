/** What an expression comes to at every pixel of a chip. */
import { evaluator, type Expression } from '../../canvas/expression';
import type { ChipPixels } from '../../canvas/pixels';
import type { Values } from './flood';

export function valuesOf(pixels: ChipPixels, expression: Expression): Values {
  const { rows, cols } = pixels;
  const evaluate = evaluator(expression.root);
  const here = new Float64Array(pixels.bands.length);
  const data = new Float32Array(rows * cols);
  for (let row = 0, at = 0; row < rows; row++)
    for (let col = 0; col < cols; col++, at++) {
      for (const band of expression.bands) here[band] = pixels.physical(band, row, col);
      data[at] = evaluate(here);
    }
  const [low, high] = pixels.range(expression);
  return { data, low, high };
}
