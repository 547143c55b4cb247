/** The address and the state of the page follow each other. */
import { untrack } from 'svelte';
import { route, setQuery } from '../lib/router.svelte';
import { workspace } from '../lib/workspace.svelte';
import { WORDS } from './choice';
import type { ChipState } from './state.svelte';

const said = (query: URLSearchParams) => WORDS.map((name) => query.get(name) ?? '').join('\n');

/** Called while a component is made: it lasts as long as the component. */
export function followAddress(chip: ChipState, id: () => string): void {
  let written = '';

  $effect(() => {
    const wanted = id();
    if (!wanted || !workspace.known) return;
    untrack(() => {
      written = said(route.query);
      void chip.open(wanted, route.query);
    });
  });

  /** Something else is in the workspace (a view that somebody keeps): how the chip is looked at stays. */
  let before = workspace.info;
  $effect(() => {
    const now = workspace.info;
    untrack(() => {
      if (before && now !== before && (chip.arrived || chip.problem)) void chip.recover(id(), route.query);
      before = now;
    });
  });

  /** Somebody changed the address by hand, or went back. */
  $effect(() => {
    const now = said(route.query);
    untrack(() => {
      if (now === written || !chip.arrived) return;
      written = now;
      void chip.open(id(), route.query);
    });
  });

  /** The choice goes to the address, at most a few times a second (browsers refuse more). */
  $effect(() => {
    if (!chip.choice || !chip.arrived) return;
    const task = chip.maskTask;
    const timer = setTimeout(() => {
      setQuery({ ...chip.keep(), mask: chip.maskTasks.length > 1 ? task : null });
      written = said(route.query);
    }, 250);
    return () => clearTimeout(timer);
  });
}
