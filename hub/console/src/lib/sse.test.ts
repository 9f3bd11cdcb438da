import { describe, expect, it } from 'vitest';
import { EventReader } from './sse';

const STREAM = 'retry: 2000\n\nevent: station\ndata: {"id": "a"}\n\nevent: level\nid: 7\ndata: {"at": 1}\n\n';

describe('EventReader', () => {
  it('gives the same events, whatever pieces they come in', () => {
    const whole = new EventReader().take(STREAM);
    expect(whole).toEqual([
      { type: 'station', id: null, data: '{"id": "a"}' },
      { type: 'level', id: '7', data: '{"at": 1}' },
    ]);
    const reader = new EventReader();
    expect(Array.from(STREAM).flatMap((letter) => reader.take(letter))).toEqual(whole);
  });

  it('joins lines of data, and passes by comments and what is not whole', () => {
    const reader = new EventReader();
    expect(reader.take(': still there\n\ndata: a\ndata: b\n\ndata: c')).toEqual([
      { type: 'message', id: null, data: 'a\nb' },
    ]);
  });
});
