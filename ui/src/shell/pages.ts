/** The pages, each in a file of its own that is loaded when it is first opened. */
import type { Component } from 'svelte';
import type { IconName } from '../kit/icons';
import type { WorkspaceInfo } from '../lib/types';

type Loader = () => Promise<{ default: Component }>;

export const loaders: Record<string, Loader> = {
  '': () => import('../home/Page.svelte'),
  map: () => import('../map/Page.svelte'),
  chips: () => import('../chips/Page.svelte'),
  chip: () => import('../chip/Page.svelte'),
  paint: () => import('../paint/Page.svelte'),
  outline: () => import('../outline/Page.svelte'),
  scene: () => import('../paint/views/SceneView.svelte'),
  scenes: () => import('../scenes/Page.svelte'),
  cascade: () => import('../cascade/Page.svelte'),
  releases: () => import('../releases/Page.svelte'),
};

export interface Entry {
  page: string;
  title: string;
  icon: IconName;
  href: string;
  key: string;
  /** Pages that belong to it. */
  also: readonly string[];
  /** Where it makes sense; everywhere without. */
  fits?: (info: WorkspaceInfo) => boolean;
}

/** Whether scenes are cut into many chips that are answered whole: there is something to go through coarse to fine. */
export function hasCascades({ tasks, counts }: WorkspaceInfo): boolean {
  return counts.chips > 4 * counts.scenes && tasks.some((one) => one.kind === 'classify');
}

export const entries: readonly Entry[] = [
  { page: '', title: 'Home', icon: 'home', href: '#/', key: 'g h', also: [] },
  { page: 'map', title: 'Map', icon: 'map', href: '#/map', key: 'g m', also: ['scenes', 'scene'] },
  { page: 'chips', title: 'Chips', icon: 'chips', href: '#/chips', key: 'g c', also: ['chip', 'paint', 'outline'] },
  { page: 'cascade', title: 'Cascade', icon: 'cascade', href: '#/cascade', key: 'g l', also: [], fits: hasCascades },
  { page: 'releases', title: 'Releases', icon: 'release', href: '#/releases', key: 'g r', also: [] },
];
