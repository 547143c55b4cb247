import { describe, expect, it } from 'vitest';
import { fuseCommand, mapQuery } from './labelmap';

describe('label map', () => {
  it('asks for a level only where one is chosen', () => {
    expect(mapQuery('chips', null)).toEqual({ task: 'chips' });
    expect(mapQuery('chips', 0)).toEqual({ task: 'chips', level: 0 });
  });
});

describe('the command of a fusion', () => {
  it('leaves out what is the default', () => {
    expect(fuseCommand('lake', 'chips', ['a', 'b'], 'agree', 'a')).toBe(
      'groundset fuse lake --task chips --scenes a,b',
    );
  });

  it('quotes what a shell would part', () => {
    expect(fuseCommand("my lake's", 'chips', ['a', 'b'], 'first', 'b')).toBe(
      String.raw`groundset fuse 'my lake'\''s' --task chips --scenes a,b --rule first --onto b`,
    );
  });
});
