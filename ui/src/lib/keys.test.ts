import { afterEach, describe, expect, it, vi } from 'vitest';
import { keys, nameOf } from './keys.svelte';

const offs: (() => void)[] = [];

function bind(key: string, group = 'Test'): ReturnType<typeof vi.fn> {
  const run = vi.fn();
  offs.push(keys.register({ group, bindings: [{ key, title: key, run }] }));
  return run;
}

function press(key: string, init: KeyboardEventInit = {}, target: EventTarget = document.body): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...init });
  Object.defineProperty(event, 'timeStamp', { value: performance.now() });
  window.addEventListener('keydown', (heard) => keys.handle(heard), { once: true });
  target.dispatchEvent(event);
  return event;
}

afterEach(() => {
  for (const off of offs.splice(0)) off();
  document.body.innerHTML = '';
  vi.useRealTimers();
});

describe('nameOf', () => {
  it.each([
    [{ key: 'a' }, 'a'],
    [{ key: '?', shiftKey: true }, '?'],
    [{ key: ' ' }, 'Space'],
    [{ key: 'ArrowUp', shiftKey: true }, 'Shift+ArrowUp'],
    [{ key: 'z', ctrlKey: true }, 'Ctrl+z'],
    [{ key: 'z', metaKey: true, shiftKey: true }, 'Ctrl+Shift+z'],
  ])('%o is %s', (init, name) => {
    expect(nameOf(new KeyboardEvent('keydown', init))).toBe(name);
  });
});

describe('keys', () => {
  it('runs what is bound, and keeps the key from the browser', () => {
    const run = bind('x');
    expect(press('x').defaultPrevented).toBe(true);
    expect(run).toHaveBeenCalledTimes(1);
    expect(press('y').defaultPrevented).toBe(false);
  });

  it('runs sequences, and single keys after a broken one', () => {
    const home = bind('g h');
    const single = bind('c');
    press('g');
    press('h');
    expect(home).toHaveBeenCalledTimes(1);
    press('g');
    press('c');
    expect(single).toHaveBeenCalledTimes(1);
    press('h');
    expect(home).toHaveBeenCalledTimes(1);
  });

  it('reads the row of figures on every layout, and gives way to what a character means', () => {
    const [plain, shifted, slash] = [bind('7'), bind('Shift+7'), bind('/')];
    press('7', { code: 'Digit7' });
    press('è', { code: 'Digit7' }); // French
    expect(plain).toHaveBeenCalledTimes(2);
    press('&', { code: 'Digit7', shiftKey: true }); // US
    press('7', { code: 'Digit7', shiftKey: true }); // French
    expect(shifted).toHaveBeenCalledTimes(2);
    press('/', { code: 'Digit7', shiftKey: true }); // German
    expect(slash).toHaveBeenCalledTimes(1);
    press('7', { code: 'Numpad7' });
    expect(plain).toHaveBeenCalledTimes(3);
  });

  it('lists what holds, and leaves Space to buttons', () => {
    const shell = bind('t', 'Everywhere');
    const page = bind('t', 'Page');
    const space = bind('Space');
    expect(keys.inForce.flatMap((one) => one.bindings.map((each) => [one.group, each.key]))).toEqual([
      ['Page', 't'],
      ['Test', 'Space'],
    ]);
    press('t');
    expect([shell.mock.calls.length, page.mock.calls.length]).toEqual([0, 1]);
    document.body.innerHTML = '<button id="b">b</button>';
    press(' ', {}, document.getElementById('b')!);
    expect(space).not.toHaveBeenCalled();
    press(' ');
    expect(space).toHaveBeenCalledTimes(1);
  });

  it('forgets the first key after a while', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const home = bind('g h');
    press('g');
    vi.advanceTimersByTime(2000);
    press('h');
    expect(home).not.toHaveBeenCalled();
  });

  it('leaves keys to fields and open dialogs', () => {
    const run = bind('x');
    document.body.innerHTML = '<input id="text"><input id="range" type="range"><dialog></dialog>';
    press('x', {}, document.getElementById('text')!);
    expect(run).not.toHaveBeenCalled();
    press('x', {}, document.getElementById('range')!);
    expect(run).toHaveBeenCalledTimes(1);
    document.querySelector('dialog')!.setAttribute('open', '');
    press('x');
    expect(run).toHaveBeenCalledTimes(1);
  });

  it('lets the page win over the shell, and gives keys back', () => {
    const shell = bind('Escape', 'Everywhere');
    const page = vi.fn();
    const off = keys.register({ group: 'Page', bindings: [{ key: 'Escape', title: 'back', run: page }] });
    press('Escape');
    off();
    press('Escape');
    expect(page).toHaveBeenCalledTimes(1);
    expect(shell).toHaveBeenCalledTimes(1);
    expect(keys.inForce.map((one) => one.group)).not.toContain('Page');
  });
});
