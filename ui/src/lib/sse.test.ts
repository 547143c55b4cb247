import { describe, expect, it } from 'vitest';
import { SseParser, type SseMessage } from './sse';

const STREAM =
  'event: hello\ndata: {"head":3}\nid: 3\n\n: \n\nevent: job\r\ndata: a\r\ndata: b\r\n\r\ndata: plain\n\nid: 9\n\n';

function parsed(pieces: string[]): SseMessage[] {
  const found: SseMessage[] = [];
  const parser = new SseParser((message) => found.push(message));
  for (const piece of pieces) parser.feed(piece);
  return found;
}

describe('SseParser', () => {
  const wanted = [
    { event: 'hello', data: '{"head":3}', id: '3' },
    { event: 'job', data: 'a\nb', id: '3' },
    { event: 'message', data: 'plain', id: '3' },
  ];

  it('reads events, several lines of data, comments and ids', () => {
    expect(parsed([STREAM])).toEqual(wanted);
  });

  it('does not mind where the stream is cut', () => {
    for (let cut = 1; cut < STREAM.length; cut += 1) {
      expect(parsed([STREAM.slice(0, cut), STREAM.slice(cut)])).toEqual(wanted);
    }
    expect(parsed([...STREAM])).toEqual(wanted);
  });
});
