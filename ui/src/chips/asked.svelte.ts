/** Which list the address asks for, and the class in hand. */
import { untrack } from 'svelte';
import { labelling } from '../label/labelling.svelte';
import { atLevel, levelAsked, levelsOf } from '../lib/levels';
import { type QueryChange, route, setQuery } from '../lib/router.svelte';
import { workspace } from '../lib/workspace.svelte';
import type { ChipList, ListQuery } from './list';
import { readAsked } from './suggested';
import { learns } from './words';

/** What a list is known by: another one begins at its first chip. */
export function orderKey(query: ListQuery): string {
  const { level, sort, like, method, encoder, suggest, words } = query;
  const filter = atLevel(query.filter, level);
  const ofClass = learns(sort) && !like?.length ? query.class : '';
  return JSON.stringify([filter, sort, ofClass, like ?? [], method ?? '', encoder ?? '', suggest ?? null, words ?? '']);
}

/** `like=` of the address: chips or rectangles, with a space between them (none has one in it). */
export function readLike(query: URLSearchParams): string[] {
  return query.getAll('like').flatMap((text) => text.split(/\s+/).filter(Boolean));
}

/** Address of the chips like these. */
export function likeThese(ids: readonly string[]): QueryChange {
  return { like: ids.join(' '), sort: 'similar', suggest: null, at: null };
}

/** The list that the page is to show; `kind` of the task decides whether there is anything to learn. */
export class Wanted {
  /** This page's part of the address: it stays as it was while the address is already another page's. */
  private last = route.query;
  readonly address = $derived.by(() => {
    if (route.page === 'chips') this.last = route.query;
    return this.last;
  });
  readonly filter = $derived(this.address.get('filter') ?? '');
  readonly sort = $derived(this.address.get('sort') ?? 'id');
  readonly like: readonly string[] = $derived(readLike(this.address));
  readonly levels = $derived(levelsOf(workspace.info));
  readonly level = $derived(levelAsked(this.address.get('level'), this.filter, this.levels));
  readonly task: string = $derived.by(() => {
    const named = this.address.get('task');
    const tasks = workspace.info?.tasks ?? [];
    if (named !== null && tasks.some((one) => one.name === named)) return named;
    // whole chips are labelled here: a task of that kind, unless the address says otherwise
    if (workspace.taskInfo?.kind === 'classify') return workspace.taskInfo.name;
    return tasks.find((one) => one.kind === 'classify')?.name ?? workspace.task ?? '';
  });
  readonly query: ListQuery = $derived.by(() => {
    const info = workspace.info?.tasks.find((one) => one.name === this.task);
    const learned = info?.kind === 'classify';
    const code = learned && this.task === workspace.task ? labelling.code : null;
    return {
      filter: this.filter,
      level: this.level,
      // a learned order needs a class; until the page has turned to the task there is none
      sort: learns(this.sort) && code === null && this.like.length === 0 ? 'id' : this.sort,
      task: this.task,
      class: code === null ? '' : String(code),
      like: this.like,
      method: this.address.get('method') ?? '',
      encoder: this.address.get('encoder') ?? '',
      words: this.address.get('words') ?? '',
      suggest: learned ? readAsked(this.address.get('suggest')) : null,
    };
  });

  constructor() {
    $effect(() => this.takeClass());
  }

  /** `sort=similar:water`, as the API has it: water comes to hand, and the address speaks of the class in hand. */
  private takeClass(): void {
    const [order = '', name] = this.sort.split(':');
    if (!name || !learns(order) || this.task !== workspace.task) return;
    const named = workspace.classes.find((one) => one.name === name || String(one.code) === name);
    if (named) {
      untrack(() => (labelling.code = named.code));
      setQuery({ sort: order });
    }
  }

  /** Back to the plain list. */
  leave(): void {
    setQuery({ suggest: null, like: null, sort: null, words: null, at: null });
  }
}

/** The list and a place in it, for previous and next on the chip's own page. */
export interface Walk extends ListQuery {
  offset: number;
  pin?: string | null;
  /** Of a suggestion, which no address can tell. */
  ids?: string[];
}

export function walkOf(list: ChipList, offset: number): Walk {
  const ids = list.query.suggest ? list.idsIn({ first: 0, end: list.total ?? 0 }) : undefined;
  return { ...list.query, offset, pin: list.pin, ids };
}
