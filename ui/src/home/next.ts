/** What to do next: one thing, from what is in the workspace. */
import { count, percent, plural } from '../lib/format';
import type { Job, LabelCounts, ReleaseRow, WorkspaceInfo } from '../lib/types';
import { commandLine } from './commands';

export type Action = 'ingest' | 'segment' | 'predict' | 'release' | 'check' | 'jobs' | 'none';

export interface Advice {
  title: string;
  text: string;
  /** What the button does, and what stands on it. */
  action: Action;
  button: string | null;
  /** Where a button that only leads somewhere leads. */
  href?: string;
  /** A further way, beside what is advised. */
  further?: { button: string; href: string };
  /** The same on the command line. */
  command: string | null;
  /** Task or release that it is about. */
  about?: string;
}

/** Below this share of labelled pixels a model has more to say than people have said. */
const FEW = 0.5;
/** From so many labelled chips on a classifier's confidence is calibrated. */
const FEW_LABELS = 20;

/** Below so many chips that people painted in, painting more is offered too. */
const FEW_PAINTED = 20;

export interface Situation {
  info: WorkspaceInfo;
  labels: readonly LabelCounts[];
  releases: readonly ReleaseRow[];
  going: readonly Job[];
  /** How the workspace is named on a command line. */
  place: string;
  /** Tasks in which people answered after the model did. */
  newer?: readonly string[];
}

/** Share of the pixels with data that have a label; null where that is not known, or not yet. */
export function labelledShare(counts: LabelCounts): number | null {
  if (counts.kind !== 'segment' || !counts.pixels || counts.counted < counts.chips) return null;
  const pixels = counts.classes.reduce((sum, one) => sum + (one.pixels ?? 0), 0);
  return Math.min(1, pixels / counts.pixels);
}

export function advise(now: Situation): Advice {
  const advice = advised(now);
  const further = advice.href || now.info.counts.chips === 0 ? null : painting(now);
  return further ? { ...advice, further } : advice;
}

/** Pixels can be painted, and people have said little of them so far. */
function painting({ info, labels }: Situation): Advice['further'] | null {
  const few = labels
    .filter((one) => one.kind === 'segment')
    .filter(({ methods }) => (methods.manual ?? 0) + (methods.both ?? 0) < FEW_PAINTED);
  const one = few.find((each) => each.task === info.default_task) ?? few[0];
  return one ? { button: 'Paint pixels', href: `#/paint?task=${encodeURIComponent(one.task)}` } : null;
}

function advised(now: Situation): Advice {
  return (
    waiting(now) ??
    scenes(now) ??
    labels(now) ??
    model(now) ??
    classifier(now) ??
    release(now) ??
    check(now) ??
    again(now) ??
    publish(now)
  );
}

function waiting({ going }: Situation): Advice | null {
  const job = going.find((one) => one.verb !== 'check');
  if (!job) return null;
  const options = job.options as { task?: string; name?: string };
  const told: Record<string, [string, string]> = {
    ingest: ['Scenes are being ingested', 'Chips appear as each scene is finished.'],
    segment: [
      options.task ? `A model fills in “${options.task}”` : 'A model proposes masks',
      'It learns from the labelled pixels first; then every chip gets its mask.',
    ],
    predict: [
      options.task ? `A model answers “${options.task}”` : 'A model answers for all chips',
      'It learns from the labelled chips first; then every chip that people have not answered gets its class.',
    ],
    encode: ['Features are being computed', 'Ranking and prediction can use them as soon as they are all there.'],
    attach: ['A file is being attached', 'Its columns are there for filters as soon as every chip has its values.'],
    cascade: ['Chips of a finer level are being made', 'Only parts of chips that were kept are cut and drawn.'],
    release: [`${options.name ?? 'A release'} is being made`, 'It appears when all of it is written.'],
  };
  const [title, text] = told[job.verb] ?? [job.verb, ''];
  return {
    title,
    text: `${text} You may close the page: the job goes on.`,
    action: 'jobs',
    button: 'Show the job',
    command: null,
  };
}

function scenes({ info, place }: Situation): Advice | null {
  if (info.counts.scenes > 0) return null;
  return {
    title: 'Ingest the first scene',
    text: 'A local file or folder, a web address, or what a STAC API finds. It is cut into chips, the units that are labelled and released.',
    action: 'ingest',
    button: 'Ingest scenes',
    command: commandLine(['ingest', place, 'SCENE.tif'], { sensor: 'sentinel-2-l2a' }),
  };
}

function labels({ info, labels, place }: Situation): Advice | null {
  if (labels.some((one) => one.chips > 0)) return null;
  const task = info.tasks.find((one) => one.kind === 'classify');
  const painted = info.tasks.find((one) => one.kind === 'segment' && (!task || one.name === info.default_task));
  if (painted) {
    return {
      title: 'Paint the first labels',
      text: 'Choose a class and paint some of its pixels on a chip; every stroke is saved as it ends. Labels also come from files: points, polygons, a raster or a CSV with a column that names the class.',
      action: 'none',
      button: 'Paint a chip',
      href: `#/paint?task=${encodeURIComponent(painted.name)}`,
      command: commandLine(['annotate', place, 'labels.geojson'], { actor: 'NAME' }),
      about: painted.name,
    };
  }
  const drawn = info.tasks.find((one) => one.kind === 'outline' && (!task || one.name === info.default_task));
  if (drawn) {
    return {
      title: 'Draw the first outlines',
      text: 'Boxes, polygons, lines and points, each saved as it is drawn. GeoJSON and GeoPackage files are brought in too.',
      action: 'none',
      button: 'Draw outlines',
      href: `#/outline?task=${encodeURIComponent(drawn.name)}`,
      command: commandLine(['annotate', place, 'shapes.geojson'], { task: drawn.name, actor: 'NAME' }),
      about: drawn.name,
    };
  }
  return {
    title: 'Label the first chips',
    text: `${task ? 'Choose a class, press its number on a few chips with it and N on a few without, and the machine ranks the rest. ' : ''}Labels also come from files: points, polygons, a raster or a CSV with a column that names the class.`,
    action: 'none',
    button: task ? 'Label chips' : null,
    href: task ? `#/chips?task=${encodeURIComponent(task.name)}` : undefined,
    command: commandLine(['annotate', place, 'labels.geojson'], { actor: 'NAME' }),
    about: info.default_task ?? undefined,
  };
}

function model({ labels, place, info, releases }: Situation): Advice | null {
  const found = labels
    .filter((one) => one.kind === 'segment' && one.chips > 0)
    .filter((one) => !info.models.some((name) => name.startsWith(`${one.task}-`)))
    .map((one) => ({ one, share: labelledShare(one) }))
    .find(({ one, share }) => (share !== null && share < FEW) || (one.unlabelled > 0 && releases.length === 0));
  if (!found) return null;
  const { one, share } = found;
  const pixels = one.classes.reduce((sum, row) => sum + (row.pixels ?? 0), 0);
  const said =
    share !== null && share < FEW
      ? `Labels cover ${plural(pixels, 'pixel')} of ${plural(one.chips, 'chip')}: ${percent(share, 1)} of all pixels with data.`
      : `${plural(one.chips, 'chip has', 'chips have')} a label, ${count(one.unlabelled)} ${one.unlabelled === 1 ? 'has' : 'have'} none yet.`;
  return {
    title: `Let a model fill in “${one.task}”`,
    text: `${said} A forest trained on the labelled pixels proposes a mask for every chip. What people said always wins.`,
    action: 'segment',
    button: 'Propose masks',
    command: commandLine(['segment', place], { task: one.task }),
    about: one.task,
  };
}

/** Labels of whole chips, two classes of them: a model can answer for the rest. */
function classifier({ labels, place, info }: Situation): Advice | null {
  const one = labels.find(
    (row) =>
      row.kind === 'classify' &&
      row.unlabelled > 0 &&
      row.chips >= FEW_LABELS &&
      row.classes.filter((each) => (each.chips ?? 0) > 0).length > 1 &&
      !info.models.includes(`${row.task}-chips`),
  );
  if (!one) return null;
  return {
    title: `Let a model answer “${one.task}” for the other chips`,
    text: `${plural(one.chips, 'chip has', 'chips have')} a label, ${count(one.unlabelled)} ${one.unlabelled === 1 ? 'has' : 'have'} none yet. A classifier trained on the labelled ones answers with a confidence, and says how good it is on chips that it did not see.`,
    action: 'predict',
    button: 'Predict',
    command: commandLine(['predict', place], { task: one.task }),
    about: one.task,
  };
}

function again({ newer, labels, place }: Situation): Advice | null {
  const told = newer?.flatMap((name) => labels.find((one) => one.task === name && one.kind !== 'outline') ?? [])[0];
  if (!told) return null;
  const { task, kind } = told;
  if (kind === 'classify')
    return {
      title: `Let the model of “${task}” learn from newer answers`,
      text: 'People have answered since it predicted the other chips. Trained again, it answers better.',
      action: 'predict',
      button: 'Predict again',
      command: commandLine(['predict', place], { task }),
      about: task,
    };
  return {
    title: `Let the model of “${task}” learn from newer answers`,
    text: 'People have answered since it proposed its masks. Trained again, it proposes better ones; then make another release.',
    action: 'segment',
    button: 'Propose masks again',
    command: commandLine(['segment', place], { task }),
    about: task,
  };
}

function release({ releases, labels, place }: Situation): Advice | null {
  if (releases.length > 0) return null;
  const most = [...labels].sort((a, b) => b.chips - a.chips)[0];
  return {
    title: 'Freeze a first release',
    text: `${most ? `Task “${most.task}”: ${count(most.chips)} of ${plural(most.chips + most.unlabelled, 'chip')} have labels. ` : ''}A release writes them out with imagery, splits that do not touch, checksums and a dataset card. It never changes afterwards.`,
    action: 'release',
    button: 'Make release v1',
    command: commandLine(['release', place, 'v1'], { license: 'CC-BY-4.0' }),
    about: most?.task,
  };
}

function check({ releases, place }: Situation): Advice | null {
  const open = newest(releases);
  if (!open || open.check || open.problem) return null;
  return {
    title: `Check ${open.name}`,
    text: 'Four levels: files and checksums (Q0), valid STAC (Q1), fit for training (Q2), reviewed by people (Q3). Nothing is changed by it.',
    action: 'check',
    button: `Check ${open.name}`,
    command: commandLine(['check', `${place}/releases/${open.name}`]),
    about: open.name,
  };
}

function publish({ releases, place }: Situation): Advice {
  const one = newest(releases);
  const failed = one?.check?.find((level) => level.status === 'failed');
  if (one && failed) {
    return {
      title: `${one.name} fails ${failed.level}`,
      text: `${plural(failed.errors, 'error')} at ${failed.level} (${failed.title}). See what was found, mend the labels or the settings, and make another release.`,
      action: 'none',
      button: 'See the findings',
      href: `#/releases/${encodeURIComponent(one.name)}`,
      command: null,
      about: one.name,
    };
  }
  return {
    title: `Publish ${one?.name ?? 'the release'}`,
    text: 'It is checked. Upload it to object storage and register it in a STAC API; what was uploaded is read back and compared. This is done on the command line, where your keys are.',
    action: 'none',
    button: null,
    command: commandLine(['publish', `${place}/releases/${one?.name ?? 'v1'}`], { s3: 's3://BUCKET/PREFIX' }),
    about: one?.name,
  };
}

/** The release made last; lists come in no order that counts. */
export function newest(releases: readonly ReleaseRow[]): ReleaseRow | undefined {
  return [...releases].sort((a, b) => {
    const byTime = (b.created ?? '').localeCompare(a.created ?? '');
    return byTime || b.name.localeCompare(a.name, 'en', { numeric: true });
  })[0];
}
