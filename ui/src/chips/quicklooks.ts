/** Packed pages of quicklooks: what to ask for, and what comes. */

/** Where a quicklook lies. */
export interface Spot {
  part: string;
  row: number;
}

export function keyOf(spot: Spot): string {
  return `${spot.part}|${spot.row}`;
}

/** One request: pairs for the address, and the pictures it brings, in order. */
export interface Ask {
  pairs: { part: string; rows: string }[];
  spots: Spot[];
}

const MOST = 64;
const LONGEST = 3000;

/** Requests for the spots, first come first; each of at most 64 pictures and an address that every server takes. */
export function asks(spots: Iterable<Spot>, most = MOST): Ask[] {
  const out: Ask[] = [];
  let batch: Spot[] = [];
  let length = 0;
  let parts = new Set<string>();
  const seen = new Set<string>();
  const close = (): void => {
    if (batch.length > 0) out.push(pack(batch));
    batch = [];
    length = 0;
    parts = new Set();
  };
  for (const spot of spots) {
    const key = keyOf(spot);
    if (seen.has(key)) continue;
    seen.add(key);
    const cost = `${spot.row},`.length + (parts.has(spot.part) ? 0 : encodeURIComponent(spot.part).length + 13);
    if (batch.length >= most || length + cost > LONGEST) close();
    batch.push(spot);
    parts.add(spot.part);
    length += cost;
  }
  close();
  return out;
}

function pack(batch: Spot[]): Ask {
  const byPart = new Map<string, number[]>();
  for (const { part, row } of batch) {
    const rows = byPart.get(part);
    if (rows) rows.push(row);
    else byPart.set(part, [row]);
  }
  const ask: Ask = { pairs: [], spots: [] };
  for (const [part, rows] of byPart) {
    rows.sort((a, b) => a - b);
    ask.pairs.push({ part, rows: ranges(rows) });
    ask.spots.push(...rows.map((row) => ({ part, row })));
  }
  return ask;
}

/** `0-9,12` for sorted numbers. */
export function ranges(rows: number[]): string {
  const out: string[] = [];
  for (let i = 0; i < rows.length;) {
    let j = i;
    while (j + 1 < rows.length && rows[j + 1] === rows[j]! + 1) j++;
    out.push(j === i ? `${rows[i]}` : `${rows[i]}-${rows[j]}`);
    i = j + 1;
  }
  return out.join(',');
}

/**
 * The pictures of a packed page: little-endian uint32 count n, n + 1 uint32 offsets counted from the end of the offsets,
 * then the pictures. One without bytes (a chip without a label) is empty.
 */
export function unpack(page: ArrayBuffer): Uint8Array<ArrayBuffer>[] {
  if (page.byteLength < 4) throw new RangeError(`a page of quicklooks has at least 4 bytes; found ${page.byteLength}`);
  const view = new DataView(page);
  const count = view.getUint32(0, true);
  const start = 4 + 4 * (count + 1);
  if (start > page.byteLength)
    throw new RangeError(`offsets of ${count} quicklooks do not fit into ${page.byteLength} bytes`);
  const out: Uint8Array<ArrayBuffer>[] = [];
  for (let i = 0; i < count; i++) {
    const from = start + view.getUint32(4 + 4 * i, true);
    const to = start + view.getUint32(8 + 4 * i, true);
    if (from > to || to > page.byteLength)
      throw new RangeError(`quicklook ${i} lies at ${from}-${to} of ${page.byteLength} bytes`);
    out.push(new Uint8Array(page, from, to - from));
  }
  return out;
}
