/** The list on the wall as a file: all its chips, in its order; fetched with the page's credentials. */
import { asProblem, bytes } from '../lib/api';
import { toast } from '../lib/toast.svelte';
import { workspace } from '../lib/workspace.svelte';
import { type ListQuery, paramsOf } from './list';

export type Form = 'csv' | 'geojson' | 'parquet';

export const FORMS: { form: Form; title: string; note: string }[] = [
  { form: 'csv', title: 'CSV', note: 'a table' },
  { form: 'geojson', title: 'GeoJSON', note: 'outlines with what is known' },
  { form: 'parquet', title: 'GeoParquet', note: 'for many chips' },
];

export async function download(query: ListQuery, form: Form): Promise<void> {
  try {
    const found = await bytes('/chips', { ...paramsOf(query), f: form });
    const place = URL.createObjectURL(new Blob([found]));
    const link = document.createElement('a');
    link.href = place;
    link.download = `${workspace.info?.name ?? 'groundset'}-chips.${form}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(place), 60_000);
  } catch (error) {
    toast(`The chips could not be downloaded: ${asProblem(error).title}.`, { kind: 'danger' });
  }
}
