import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { station } from '../../e2e/fixtures.mjs';
import { Unreachable } from './client';
import { GRACE_MS, LiveLine, SILENCE_MS } from './live';
import type { StationView } from './types';

class FakeSocket {
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: (() => void) | null = null;
  isClosed = false;
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.onclose?.();
  }
  say(message: unknown): void {
    this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }
}

const view = (seq: number): StationView => ({ ...station(), seq });
const ears = { view: vi.fn(), rental: vi.fn(), link: vi.fn() };
const ask = vi.fn<() => Promise<StationView>>();
let sockets: FakeSocket[];
let line: LiveLine;
function last(): FakeSocket {
  const socket = sockets.at(-1);
  if (socket === undefined) throw new Error('no socket was opened');
  return socket;
}

beforeEach(() => {
  vi.useFakeTimers();
  [ears.view, ears.rental, ears.link, ask].forEach((one) => one.mockReset());
  sockets = [];
  const open = () => {
    sockets.push(new FakeSocket());
    return last() as unknown as WebSocket;
  };
  line = new LiveLine(ears, { open, ask, chance: () => 0.5 });
  line.start();
});
afterEach(() => {
  line.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

it('hands on views and rentals, and lets pass what it does not know', () => {
  last().say({ type: 'view', view: view(1) });
  last().say({ type: 'rental', rental: { rental_id: 'x' } });
  ['not json', '{"type":"weather"}', '17', '{"type":"view"}'].forEach((frame) => {
    last().say(frame);
  });
  expect(ears.view).toHaveBeenCalledTimes(1);
  expect(ears.rental).toHaveBeenCalledTimes(1);
  expect(ears.link).toHaveBeenCalledWith(true);
});

it('ignores an older picture, and takes any from a new start of the agent', () => {
  last().say({ type: 'view', view: view(9) });
  last().say({ type: 'view', view: view(8) });
  expect(ears.view).toHaveBeenCalledTimes(1);
  last().close();
  vi.advanceTimersByTime(400);
  last().say({ type: 'view', view: view(1) });
  expect(ears.view).toHaveBeenCalledTimes(2);
});

it('does not show a gap of a second', () => {
  last().say({ type: 'view', view: view(1) });
  last().close();
  vi.advanceTimersByTime(400);
  last().say({ type: 'view', view: view(1) });
  vi.advanceTimersByTime(GRACE_MS);
  expect(ears.link).not.toHaveBeenCalledWith(false);
});

it('says that the picture is old while it tries again, ever more slowly', () => {
  last().say({ type: 'view', view: view(1) });
  last().close();
  for (let second = 0; second < 60; second += 1) {
    vi.advanceTimersByTime(1000);
    last().close();
  }
  expect(ears.link).toHaveBeenLastCalledWith(false);
  expect(sockets.length).toBeGreaterThan(8);
  expect(sockets.length).toBeLessThan(20);
});

it('asks when the line is silent, and drops a line that missed news', async () => {
  last().say({ type: 'view', view: view(1) });
  ask.mockResolvedValueOnce(view(1)).mockResolvedValueOnce(view(5));
  await vi.advanceTimersByTimeAsync(SILENCE_MS);
  expect(sockets).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(SILENCE_MS + 400);
  expect(sockets).toHaveLength(2);
  expect(ears.view).toHaveBeenLastCalledWith(expect.objectContaining({ seq: 5 }));
});

it('is lost when the line is silent and nobody answers', async () => {
  last().say({ type: 'view', view: view(1) });
  ask.mockRejectedValue(new Unreachable('gone'));
  await vi.advanceTimersByTimeAsync(SILENCE_MS + GRACE_MS);
  expect(ears.link).toHaveBeenLastCalledWith(false);
});
