/** Brightness, contrast and gamma of quicklooks, as the canvas has them: one look-up a byte. */

export interface Tone {
  brightness: number;
  contrast: number;
  gamma: number;
}

export const PLAIN_TONE: Tone = { brightness: 0, contrast: 1, gamma: 1 };

export function isPlain({ brightness, contrast, gamma }: Tone): boolean {
  return brightness === 0 && contrast === 1 && gamma === 1;
}

/** The new value of each of 256, gamma first, then contrast, then brightness; null where nothing changes. */
export function curveOf(tone: Tone): Uint8ClampedArray<ArrayBuffer> | null {
  if (isPlain(tone)) return null;
  const { brightness, contrast, gamma } = tone;
  return Uint8ClampedArray.from({ length: 256 }, (_, i) =>
    Math.round(255 * (((i / 255) ** (1 / gamma) - 0.5) * contrast + 0.5 + brightness)),
  );
}

/** Puts pixels (RGBA, as ImageData has them) through a curve; alpha stays. */
export function putThrough(pixels: Uint8ClampedArray, curve: Uint8ClampedArray): void {
  for (let i = 0; i < pixels.length; i += 4) {
    pixels[i] = curve[pixels[i]!]!;
    pixels[i + 1] = curve[pixels[i + 1]!]!;
    pixels[i + 2] = curve[pixels[i + 2]!]!;
  }
}
