import { describe, expect, it } from 'vitest';
import { bodyOf, classesProblem, colorFor, COLORS, nameOf, nameProblem } from './workspaces';

describe('a new workspace', () => {
  it('has a name that can be a folder', () => {
    expect(nameProblem('lakes-2026', ['rivers'])).toBeNull();
    expect(nameProblem('', [])).toMatch(/needs a name/);
    for (const bad of ['../up', '.hidden', 'a/b', 'a b', 'a..b']) expect(nameProblem(bad, [])).toMatch(/letters/);
    expect(nameProblem('Lakes', ['lakes'])).toMatch(/of this name/);
  });

  it('names classes by what they are called', () => {
    expect(nameOf('Sea ice')).toBe('sea-ice');
    expect(nameOf('  Évora (2) ')).toBe('e-vora-2');
    expect(nameOf('—')).toBe('');
  });

  it('has classes that differ', () => {
    expect(classesProblem([{ title: ' ', color: '#000000' }])).toMatch(/at least one/);
    expect(
      classesProblem([
        { title: 'Ice', color: '' },
        { title: 'ice', color: '' },
      ]),
    ).toMatch(/twice/);
    expect(classesProblem([{ title: '—', color: '' }])).toMatch(/letters/);
    expect(
      classesProblem([
        { title: 'Ice', color: '' },
        { title: '', color: '' },
      ]),
    ).toBeNull();
  });

  it('gives each class a colour of its own', () => {
    expect(colorFor([])).toBe(COLORS[0]);
    expect(colorFor([{ title: 'a', color: COLORS[0]! }])).toBe(COLORS[1]);
  });

  it('is what the server takes', () => {
    expect(bodyOf('a', false, [])).toEqual({ name: 'a', scheme: 'water' });
    expect(
      bodyOf('a', true, [
        { title: 'Sea ice', color: '#0072b2' },
        { title: '', color: '#fff' },
      ]),
    ).toEqual({
      name: 'a',
      scheme: null,
      classes: [{ name: 'sea-ice', title: 'Sea ice', color: '#0072b2' }],
    });
  });
});
