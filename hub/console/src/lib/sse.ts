/** Server-sent events out of a body that comes in pieces. Pure: text in, whole events out; what is not whole waits. */

export interface StreamEvent {
  readonly type: string;
  readonly id: string | null;
  readonly data: string;
}

export class EventReader {
  private rest = '';

  /** The events that this piece completes. */
  take(piece: string): readonly StreamEvent[] {
    const blocks = (this.rest + piece).replaceAll('\r\n', '\n').split('\n\n');
    this.rest = blocks.pop() ?? '';
    return blocks.map(eventOf).filter((one) => one !== null);
  }
}

/** One block of lines; null where it carries no data (`retry:` or a comment that keeps the line open). */
function eventOf(block: string): StreamEvent | null {
  const fields = new Map<string, string[]>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon);
    fields.set(name, [...(fields.get(name) ?? []), line.slice(colon + 1).replace(/^ /, '')]);
  }
  const data = fields.get('data');
  if (data === undefined) return null;
  const type = fields.get('event')?.at(-1) ?? 'message';
  return { type, id: fields.get('id')?.at(-1) ?? null, data: data.join('\n') };
}
