// What the tools of the pixel editor make of pointer events, worked out by their own pure functions: `node paint_pure.mjs
// UI CASES.json` prints the stroke's planes of each case.
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';

const [ui, cases] = process.argv.slice(2);
const { createServer } = await import(pathToFileURL(join(ui, 'node_modules/vite/dist/node/index.js')));
const server = await createServer({
  root: ui,
  configFile: false,
  server: { middlewareMode: true, watch: null, hmr: false, ws: false },
  appType: 'custom',
  logLevel: 'error',
  optimizeDeps: { noDiscovery: true },
});
const load = (path) => server.ssrLoadModule(path);
const { makeTool, valuesOf } = await load('/src/paint/tools/index.ts');
const { emptyPlanes, lay, merged, planesOf } = await load('/src/paint/planes.ts');
const { fitView, toImage } = await load('/src/canvas/view.ts');
const { parseNpy } = await load('/src/canvas/npy.ts');
const { ChipPixels } = await load('/src/canvas/pixels.ts');
const { bandExpression } = await load('/src/canvas/expression.ts');

const PLAIN = { shift: false, ctrl: false, alt: false };
const npy = async (path) => {
  const bytes = await readFile(path);
  return parseNpy(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
};

async function run({ tool: name, code, width, tolerance, rows, cols, canvas, events, pixels, valid, bands, others }) {
  const own = emptyPlanes(rows, cols);
  const below = planesOf(await npy(others));
  const chip = new ChipPixels(await npy(pixels), bands, (await npy(valid)).data);
  const bench = {
    ...{ rows, cols, code, width, tolerance, color: '#000000' },
    values: () => bands.map(({ name: band }, at) => valuesOf(chip, bandExpression(at, band))),
    shown: () => merged(own, below),
    apply: (patch) => lay(own, patch),
    pick: () => undefined,
    more: () => undefined,
  };
  const view = fitView({ width: cols, height: rows }, canvas);
  let tool = makeTool(name, bench);
  for (const { type, at, key, take } of events) {
    const [x, y] = at ? toImage(view, { x: at[0], y: at[1] }, canvas) : [0, 0];
    if (take) tool = makeTool(take, bench);
    else if (key) tool.key(key);
    else if (type === 'dblclick') tool.double?.({ x, y });
    else if (type === 'pointerdown') tool.down({ x, y }, PLAIN);
    else if (type === 'pointerup') tool.up({ x, y }, PLAIN);
    else tool.move({ x, y }, PLAIN);
  }
  return [own.classes, own.origin, own.confidence].map((plane) => Buffer.from(plane).toString('base64'));
}

const out = [];
for (const one of JSON.parse(await readFile(cases, 'utf8'))) out.push(await run(one));
await server.close();
process.stdout.write(JSON.stringify(out), () => process.exit(0));
