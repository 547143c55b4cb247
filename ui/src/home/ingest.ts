/** The ingest form as the options of a job. */
export interface IngestForm {
  from: 'source' | 'stac';
  source: string;
  sensor: string;
  time: string;
  bands: string;
  chipSize: string;
  stac: string;
  collection: string;
  bbox: string;
  datetime: string;
  maxCloud: string;
  limit: string;
  aoi: string;
  sample: string;
  stratify: string;
  stratifyColumn: string;
  allocation: 'proportional' | 'equal';
  minDistance: string;
}

export interface IngestMade {
  options: Record<string, unknown>;
  /** What is still to be said, in words; null where it can begin. */
  missing: string | null;
  wrong: { bbox?: string; maxCloud?: string; limit?: string; chipSize?: string; sample?: string; minDistance?: string };
}

const EMPTY: IngestForm = {
  from: 'source',
  source: '',
  sensor: '',
  time: '',
  bands: '',
  chipSize: '',
  stac: 'earth-search',
  collection: 'sentinel-2-l2a',
  bbox: '',
  datetime: '',
  maxCloud: '20',
  limit: '5',
  aoi: '',
  sample: '',
  stratify: '',
  stratifyColumn: '',
  allocation: 'proportional',
  minDistance: '',
};

/** The form of these options: those of a job that is to be changed; none are an empty form. */
export function formOf(options: Readonly<Record<string, unknown>>): IngestForm {
  const form = { ...EMPTY };
  if (Object.keys(options).length === 0) return form;
  const text = (value: unknown): string => (value === null || value === undefined ? '' : String(value));
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : value ? [value] : []);
  if (options.stac) {
    form.from = 'stac';
    form.stac = text(options.stac);
    form.collection = text(options.collection);
    form.maxCloud = text(options.max_cloud);
    form.limit = text(options.limit);
  }
  form.source = list(options.source)
    .map((one) => (/\s/.test(String(one)) ? `"${String(one)}"` : String(one)))
    .join(' ');
  form.bbox = list(options.bbox).join(',');
  form.datetime = text(options.datetime);
  form.sensor = text(options.sensor);
  form.time = text(options.time);
  form.bands = list(options.bands).join(',');
  form.chipSize = text(options.chip_size);
  form.aoi = text(options.aoi);
  form.sample = text(options.sample);
  form.stratify = text(options.stratify);
  form.stratifyColumn = text(options.stratify_column);
  form.allocation = options.allocation === 'equal' ? 'equal' : 'proportional';
  form.minDistance = text(options.min_distance);
  return form;
}

/** Words of a line; quotes keep spaces together. */
export function wordsOf(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)]
    .map((found) => found[1] ?? found[2] ?? found[3] ?? '')
    .filter(Boolean);
}

/** 'W,S,E,N' as four numbers; a text says what is wrong. */
export function bboxOf(text: string): number[] | string {
  const parts = text.split(/[\s,]+/).filter(Boolean);
  const numbers = parts.map(Number);
  if (parts.length !== 4 || numbers.some(Number.isNaN)) return 'Four numbers: west, south, east, north';
  const [west, south, east, north] = numbers as [number, number, number, number];
  if (Math.abs(west) > 180 || Math.abs(east) > 180 || Math.abs(south) > 90 || Math.abs(north) > 90) {
    return 'Degrees: -180 to 180 west and east, -90 to 90 south and north';
  }
  return south < north ? numbers : 'South is below north';
}

function whole(text: string, low: number): number | null {
  const value = Number(text);
  return Number.isInteger(value) && value >= low ? value : null;
}

/** A sample in place of every chip, where one is asked for. */
function sampled(form: IngestForm, options: Record<string, unknown>, wrong: IngestMade['wrong']): void {
  if (!form.sample.trim()) return;
  const size = whole(form.sample, 1);
  if (size === null) wrong.sample = 'A whole number from 1';
  else options.sample = size;
  if (form.stratify.trim()) {
    options.stratify = form.stratify.trim();
    if (form.stratifyColumn.trim()) options.stratify_column = form.stratifyColumn.trim();
    if (form.allocation === 'equal') options.allocation = 'equal';
  }
  if (form.minDistance.trim()) {
    const metres = Number(form.minDistance);
    if (metres > 0) options.min_distance = metres;
    else wrong.minDistance = 'Metres, above 0';
  }
}

export function ingestOptions(form: IngestForm, newGrid: boolean): IngestMade {
  const wrong: IngestMade['wrong'] = {};
  const options: Record<string, unknown> = {};
  let missing: string | null = null;
  const list = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean);

  if (form.from === 'source') {
    const sources = wordsOf(form.source);
    if (sources.length) options.source = sources;
    else missing = 'Say where the scene is';
    if (form.time.trim()) options.time = form.time.trim();
    if (form.aoi.trim()) options.aoi = form.aoi.trim();
  } else {
    options.stac = form.stac.trim();
    options.collection = form.collection.trim();
    if (!options.stac || !options.collection) missing = 'Say which API and which collection';
    const bbox = form.bbox.trim() ? bboxOf(form.bbox) : null;
    if (typeof bbox === 'string') wrong.bbox = bbox;
    else if (bbox) options.bbox = bbox;
    else missing ??= 'Say where on Earth';
    if (form.datetime.trim()) options.datetime = form.datetime.trim();
    if (form.maxCloud.trim()) {
      const cloud = Number(form.maxCloud);
      if (cloud >= 0 && cloud <= 100) options.max_cloud = cloud;
      else wrong.maxCloud = 'From 0 to 100';
    }
    if (form.limit.trim()) {
      const limit = whole(form.limit, 1);
      if (limit === null) wrong.limit = 'A whole number from 1';
      else options.limit = limit;
    }
  }
  if (form.sensor.trim()) options.sensor = form.sensor.trim();
  if (list(form.bands).length) options.bands = list(form.bands);
  if (newGrid && form.chipSize.trim()) {
    const size = whole(form.chipSize, 8);
    if (size === null) wrong.chipSize = 'A whole number from 8';
    else options.chip_size = size;
  }
  sampled(form, options, wrong);
  if (Object.keys(wrong).length) missing ??= 'Some fields are not right yet';
  return { options, missing, wrong };
}
