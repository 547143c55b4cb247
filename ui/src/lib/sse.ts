/** Server-sent events out of a stream of text, as the HTML standard says. */
export interface SseMessage {
  event: string;
  data: string;
  id: string;
}

export class SseParser {
  private rest = '';
  private event = '';
  private data: string[] = [];
  private id = '';

  constructor(private readonly emit: (message: SseMessage) => void) {}

  feed(text: string): void {
    const lines = (this.rest + text).split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.line(line);
  }

  private line(line: string): void {
    if (line === '') return this.flush();
    if (line.startsWith(':')) return;
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') this.event = value;
    else if (name === 'data') this.data.push(value);
    else if (name === 'id') this.id = value;
  }

  private flush(): void {
    if (this.data.length) this.emit({ event: this.event || 'message', data: this.data.join('\n'), id: this.id });
    this.event = '';
    this.data = [];
  }
}
