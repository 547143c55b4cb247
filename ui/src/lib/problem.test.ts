import { describe, expect, it } from 'vitest';
import { detailOf, fieldOf, mayPass, sentenceOf, titleOf } from './problem';
import type { Problem } from './types';

const problem = (over: Partial<Problem>): Problem => ({
  type: 'about:blank',
  title: 'no such chip',
  status: 404,
  ...over,
});

describe('a problem', () => {
  it('is said once', () => {
    const told = problem({
      detail: 'no such chip. asked: x. found: y. look again.',
      asked: 'x',
      found: 'y',
      hint: 'look again',
    });
    expect(titleOf(told)).toBe('No such chip');
    expect(detailOf(told)).toBeNull();
    expect(detailOf(problem({ detail: 'no such chip' }))).toBeNull();
    expect(detailOf(problem({ detail: 'The disk is full.' }))).toBe('The disk is full.');
    expect(sentenceOf(told)).toBe('No such chip (y). Look again');
  });

  it('may pass, or not', () => {
    expect([0, 409, 429, 500, 503].map((status) => mayPass(problem({ status })))).toEqual(Array(5).fill(true));
    expect([400, 403, 404, 422, 501].map((status) => mayPass(problem({ status })))).toEqual(Array(5).fill(false));
  });

  it.each([
    ['body.release.options.buffer = x', 'buffer'],
    ['buffer = 5 parsecs', 'buffer'],
    ['--chip-size 3', 'chip_size'],
    ['body.ingest.options.source.0 = /x', 'source'],
    ['/etc/passwd', 'source'],
    ['something else', null],
    [undefined, null],
  ])('asked %s is about the field %s', (asked, field) => {
    expect(fieldOf(problem({ asked }), { buffer: '', chip_size: '', source: '/etc/passwd ' })).toBe(field);
  });
});
