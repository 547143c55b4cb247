/** Tiles of a web map under a chip: the browser fetches them, each is laid where its corners lie in the chip. */
import { bilinear, cornersOf, isAffine, type Corners, type Point, type Size, type View } from '../../canvas';
import type { Backdrop, ChipDetail } from '../../lib/types';
import { inverse } from './dates';

const TILE = 256;
const MOST_TILES = 80;
const MOST_KEPT = 400;
/** Half the length of the equator in Web Mercator, metres. */
const HALF = 20037508.342789244;

export interface TileAt {
  z: number;
  x: number;
  y: number;
}

/** Web Mercator as parts of the world: 0, 0 north-west, 1, 1 south-east. */
export function mercator([longitude, latitude]: Point): [number, number] {
  const held = Math.min(85.0511, Math.max(-85.0511, latitude));
  const y = Math.log(Math.tan(Math.PI / 4 + (held * Math.PI) / 360));
  return [(longitude + 180) / 360, 0.5 - y / (2 * Math.PI)];
}

/** The address of a tile: XYZ (`{z}/{x}/{y}`, `{-y}`), WMTS (`{TileMatrix}`, `{TileRow}`, `{TileCol}`) or WMS (`{bbox-epsg-3857}`). */
export function tileAddress(template: string, { z, x, y }: TileAt): string {
  const side = (2 * HALF) / 2 ** z;
  const [west, north] = [x * side - HALF, HALF - y * side];
  const words: Record<string, string | number> = {
    z,
    x,
    y,
    '-y': 2 ** z - 1 - y,
    s: 'abc'[(x + y) % 3]!,
    tilematrix: z,
    tilerow: y,
    tilecol: x,
    'bbox-epsg-3857': [west, north - side, west + side, north].join(','),
    width: TILE,
    height: TILE,
  };
  return template.replace(/\{([^{}]+)\}/g, (whole, name: string) => String(words[name.toLowerCase()] ?? whole));
}

/** The corners of a chip in Web Mercator; null where it has no place on the map. */
export function worldCorners(detail: Pick<ChipDetail, 'transform' | 'geometry' | 'crs'>): Corners | null {
  const t = detail.transform;
  if (!detail.crs || !t || !isAffine(t)) return null;
  const c = cornersOf(detail.geometry, { east: t[0]! >= 0, south: t[4]! <= 0 });
  if (!c) return null;
  return {
    topLeft: mercator(c.topLeft),
    topRight: mercator(c.topRight),
    bottomRight: mercator(c.bottomRight),
    bottomLeft: mercator(c.bottomLeft),
  };
}

/** The zoom whose tiles are about as fine as the screen. */
export function zoomFor(corners: Corners, image: Size, scale: number, most: number): number {
  const across = Math.hypot(corners.topRight[0] - corners.topLeft[0], corners.topRight[1] - corners.topLeft[1]);
  const z = Math.round(Math.log2((scale * image.width) / (across * TILE)));
  return Math.min(most, Math.max(0, Number.isFinite(z) ? z : 0));
}

/** Tiles of a zoom that lie over what is seen, from the middle outwards. */
export function tilesOver(corners: Corners, image: Size, seen: readonly Point[], z: number): TileAt[] {
  const count = 2 ** z;
  const at = seen.map(([x, y]) => bilinear(corners, x / image.width, y / image.height));
  const span = (i: 0 | 1) =>
    [Math.min(...at.map((p) => p[i])) * count, Math.max(...at.map((p) => p[i])) * count] as const;
  const [[x0, x1], [y0, y1]] = [span(0), span(1)];
  const out: TileAt[] = [];
  for (let y = Math.max(0, Math.floor(y0)); y <= Math.min(count - 1, Math.floor(y1)); y++)
    for (let x = Math.floor(x0); x <= Math.floor(x1) && out.length < 4 * MOST_TILES; x++)
      out.push({ z, x: ((x % count) + count) % count, y });
  const middle = [(x0 + x1) / 2 - 0.5, (y0 + y1) / 2 - 0.5];
  const away = ({ x, y }: TileAt) => Math.hypot(x - middle[0]!, y - middle[1]!);
  return out.sort((a, b) => away(a) - away(b)).slice(0, MOST_TILES);
}

export class TileLayer {
  private readonly kept = new Map<string, HTMLImageElement>();
  failed = 0;

  constructor(
    readonly backdrop: Backdrop,
    private readonly onchange: () => void,
  ) {}

  /** Draws the tiles that are there, asks for the others. */
  draw(canvas: HTMLCanvasElement, size: Size, view: View, image: Size, corners: Corners): void {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const copy = canvas.getContext('2d')!;
    copy.setTransform(1, 0, 0, 1, 0, 0);
    copy.clearRect(0, 0, width, height);
    const half: Point = [size.width / 2 / view.zoom, size.height / 2 / view.zoom];
    const seen: Point[] = (
      [
        [-1, -1],
        [1, -1],
        [1, 1],
        [-1, 1],
      ] as const
    ).map(([sx, sy]) => [view.x + sx * half[0], view.y + sy * half[1]]);
    const z = zoomFor(corners, image, view.zoom * ratio, this.backdrop.max_zoom);
    const scale = view.zoom * ratio;
    const at = (x: number, y: number): Point => [(x - view.x) * scale + width / 2, (y - view.y) * scale + height / 2];
    // what a coarser zoom has left is better than nothing while finer tiles come
    for (const coarse of [z - 4, z - 2, z])
      for (const tile of coarse < 0 ? [] : tilesOver(corners, image, seen, coarse)) {
        const picture = coarse === z || z - coarse === 2 ? this.bring(tile) : this.kept.get(keyOf(tile));
        if (picture?.complete && picture.naturalWidth) this.lay(copy, picture, tile, image, corners, at);
      }
    copy.setTransform(1, 0, 0, 1, 0, 0);
  }

  private lay(
    copy: CanvasRenderingContext2D,
    picture: HTMLImageElement,
    { z, x, y }: TileAt,
    image: Size,
    corners: Corners,
    at: (x: number, y: number) => Point,
  ): void {
    const count = 2 ** z;
    const corner = (dx: number, dy: number): Point => {
      const [u, v] = inverse(corners, (x + dx) / count, (y + dy) / count);
      return at(u * image.width, v * image.height);
    };
    const [a, b, c] = [corner(0, 0), corner(1, 0), corner(0, 1)];
    const [w, h] = [picture.naturalWidth, picture.naturalHeight];
    copy.setTransform((b[0] - a[0]) / w, (b[1] - a[1]) / w, (c[0] - a[0]) / h, (c[1] - a[1]) / h, a[0], a[1]);
    const seam = (0.5 * w) / Math.max(1, Math.hypot(b[0] - a[0], b[1] - a[1])); // half a device pixel over the neighbour
    copy.drawImage(picture, 0, 0, w + seam, h + seam);
  }

  private bring(tile: TileAt): HTMLImageElement {
    const key = keyOf(tile);
    let picture = this.kept.get(key);
    if (!picture) {
      picture = new Image();
      picture.decoding = 'async';
      picture.referrerPolicy = 'origin'; // many services refuse who does not say where from
      picture.onload = () => this.onchange();
      picture.onerror = () => {
        this.failed += 1;
        this.onchange();
      };
      picture.src = tileAddress(this.backdrop.url, tile);
    }
    this.kept.delete(key);
    this.kept.set(key, picture);
    if (this.kept.size > MOST_KEPT) this.kept.delete(this.kept.keys().next().value as string);
    return picture;
  }
}

const keyOf = ({ z, x, y }: TileAt) => `${z}/${x}/${y}`;
