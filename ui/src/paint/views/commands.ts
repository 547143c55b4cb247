/** What keys do to the views; the page puts them into its list. */
import type { View } from '../../canvas';
import { turnStretch } from '../../chip/commands';
import type { Command } from '../commands';
import { COUNTS } from './arrangement';
import type { Views } from './views.svelte';

interface Host {
  view: () => View;
  setView: (view: View) => void;
}

/** A press as short as this switches; a longer one holds. */
const TAP_MS = 250;

/** While a key is down something else holds; a short press switches for good. */
function held(event: KeyboardEvent, begin: () => void, end: (tapped: boolean) => void): void {
  if (event.repeat) return;
  const from = performance.now();
  begin();
  const off = (up?: KeyboardEvent) => {
    if (up && up.code !== event.code) return;
    window.removeEventListener('keyup', off);
    window.removeEventListener('blur', lost);
    end(performance.now() - from < TAP_MS);
  };
  const lost = () => off();
  window.addEventListener('keyup', off);
  window.addEventListener('blur', lost);
}

export function viewCommands(views: Views, host: Host): Command[] {
  const see = (id: string, title: string, keys: string[], run: (event: KeyboardEvent) => void): Command => ({
    id,
    title,
    part: 'See',
    keys,
    run,
  });
  const zoom = (factor: number) => () => host.setView(views.zoomed(host.view(), factor));
  const change = (run: (pane: NonNullable<Views['current']>) => void) => () => views.current && run(views.current);
  const step = (what: 'brightness' | 'saturation', by: number, low: number, high: number) =>
    change((pane) => {
      const now = (pane.choice?.adjust[what] ?? 0) + by;
      pane.adjust({ [what]: Math.round(Math.min(high, Math.max(low, now)) * 100) / 100 });
    });
  return [
    see('labels', 'Labels on or off; away while held', ['Space'], (event) =>
      held(
        event,
        () => (views.peek = true),
        (tapped) => {
          views.peek = false;
          if (tapped) views.on = !views.on;
        },
      ),
    ),
    see('outline', 'Labels as areas or outlines', ['o'], () =>
      views.see({ mode: views.mode === 'area' ? 'outline' : 'area' }),
    ),
    see('fainter', 'Labels fainter', [','], () => views.fade(-0.1)),
    see('stronger', 'Labels stronger', ['.'], () => views.fade(0.1)),
    see('pan', 'Move the picture while held', ['h'], (event) =>
      held(
        event,
        () => (views.panning = true),
        () => (views.panning = false),
      ),
    ),
    see('closer', 'Closer', ['+', '='], zoom(1.5)),
    see('farther', 'Farther', ['-'], zoom(1 / 1.5)),
    see('whole', 'Whole chip', ['0'], () => host.setView({ ...host.view(), fit: true })),
    see('group', 'Next group of views', ['b'], () => views.turn(1)),
    see('group-before', 'Group of views before', ['Shift+B', 'B'], () => views.turn(-1)),
    ...COUNTS.map((count) =>
      see(`count-${count}`, count === 1 ? 'One view' : `${count} views`, [`Alt+${count}`], () => views.resize(count)),
    ),
    see('view-next', 'Next view', ['v'], () => (views.active = (views.active + 1) % views.count)),
    see('view-left', 'View to the place before', ['Alt+ArrowLeft'], () => views.swap(views.active, views.active - 1)),
    see('view-right', 'View to the place after', ['Alt+ArrowRight'], () => views.swap(views.active, views.active + 1)),
    see('view-shows', 'What the view shows, and how', ['V'], () => (views.asked = views.current?.key ?? null)),
    see('contrast', 'Stretch: scene, chip, full', ['c'], change(turnStretch)),
    see(
      'invert',
      'Invert',
      ['i'],
      change((pane) => pane.adjust({ invert: !pane.choice?.adjust.invert })),
    ),
    see('brighter', 'Brighter', ['Alt+ArrowUp'], step('brightness', 0.05, -0.5, 0.5)),
    see('darker', 'Darker', ['Alt+ArrowDown'], step('brightness', -0.05, -0.5, 0.5)),
    see(
      'look-first',
      'Picture as at first',
      ['R'],
      change((pane) => pane.reset()),
    ),
  ];
}
