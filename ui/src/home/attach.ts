/** The form of outside knowledge as the options of a job. */
export interface AttachForm {
  file: string;
  name: string;
  column: string;
  take: string | null;
  dateColumn: string;
  within: string;
  crs: string;
  label: string | null;
  when: string;
}

export interface AttachMade {
  options: Record<string, unknown>;
  /** What is still to be said, in words; null where it can begin. */
  missing: string | null;
}

const text = (value: unknown): string => (value === null || value === undefined ? '' : String(value));

/** The form of these options: those of a job that is to be changed; none are an empty form. */
export function attachForm(options: Readonly<Record<string, unknown>>): AttachForm {
  return {
    file: text(options.file),
    name: text(options.name),
    column: Array.isArray(options.column) ? options.column.join(',') : text(options.column),
    take: text(options.take) || null,
    dateColumn: text(options.date_column),
    within: text(options.within),
    crs: text(options.crs),
    label: text(options.label) || null,
    when: text(options.when),
  };
}

export function attachOptions(form: AttachForm): AttachMade {
  const options: Record<string, unknown> = {};
  const columns = form.column
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
  const said = {
    file: form.file.trim(),
    name: form.name.trim(),
    column: columns,
    take: columns.length ? form.take : null,
    date_column: form.dateColumn.trim(),
    within: form.dateColumn.trim() ? form.within.trim() : '',
    crs: form.crs.trim(),
    label: form.label,
    when: form.label ? form.when.trim() : '',
  };
  for (const [name, value] of Object.entries(said)) {
    if (value !== null && value !== '' && !(Array.isArray(value) && !value.length)) options[name] = value;
  }
  return { options, missing: said.file ? null : 'Say which file' };
}

/** The options as the command line has them: a column is said for each. */
export function attachLine(place: string, made: AttachMade): string[] {
  const { column } = made.options as { column?: string[] };
  return ['attach', place, String(made.options.file ?? 'FILE'), ...(column ?? []).flatMap((one) => ['--column', one])];
}
