/** Dark or light. public/boot.js sets the attribute before the first paint. */
import { recall, remember } from './stored';

export type ThemeName = 'dark' | 'light';

class Theme {
  value = $state<ThemeName>(document.documentElement.dataset.theme === 'light' ? 'light' : 'dark');

  constructor() {
    window.matchMedia?.('(prefers-color-scheme: light)').addEventListener('change', (event) => {
      if (!recall('theme')) this.show(event.matches ? 'light' : 'dark');
    });
  }

  toggle(): void {
    this.show(this.value === 'dark' ? 'light' : 'dark');
    remember('theme', this.value);
  }

  private show(name: ThemeName): void {
    this.value = name;
    document.documentElement.dataset.theme = name;
  }
}

export const theme = new Theme();
