/** Colours of the map, which CSS variables cannot reach. */

export type Theme = 'dark' | 'light';

export type Palette = {
  sea: string;
  land: string;
  coast: string;
  border: string;
  grid: string;
  scene: string;
  sceneHot: string;
  plain: string;
  /** Chips that are selected. */
  chosen: string;
  /** The chip that the keyboard is at. */
  at: string;
  halo: string;
};

const PALETTES: Record<Theme, Palette> = {
  dark: {
    sea: '#0d1418',
    land: '#1b2227',
    coast: '#3d4a52',
    border: '#2d383f',
    grid: 'rgba(148, 170, 184, 0.16)',
    scene: '#6db3f2',
    sceneHot: '#ffd166',
    plain: '#c9d3da',
    chosen: '#45d19c',
    at: '#ffffff',
    halo: '#0d1418',
  },
  light: {
    sea: '#dfe9ee',
    land: '#f6f5f1',
    coast: '#9fb0b9',
    border: '#d3d6d4',
    grid: 'rgba(60, 84, 98, 0.16)',
    scene: '#1f6fb8',
    sceneHot: '#b45309',
    plain: '#4a5a64',
    chosen: '#0a7352',
    at: '#14191f',
    halo: '#ffffff',
  },
};

export function palette(theme: Theme): Palette {
  return PALETTES[theme];
}
