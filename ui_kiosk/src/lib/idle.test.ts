import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { IdleTimer, QUIET_MS, WARNING_S } from './idle';

const ears = { warning: vi.fn(), over: vi.fn() };

beforeEach(() => {
  vi.useFakeTimers();
  ears.warning.mockReset();
  ears.over.mockReset();
});
afterEach(() => {
  vi.useRealTimers();
});

function started(): IdleTimer {
  const timer = new IdleTimer(ears);
  timer.start();
  return timer;
}

it('asks after 45 quiet seconds and counts down', () => {
  started();
  vi.advanceTimersByTime(QUIET_MS - 1);
  expect(ears.warning).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(ears.warning).toHaveBeenLastCalledWith(WARNING_S);
  vi.advanceTimersByTime(3000);
  expect(ears.warning).toHaveBeenLastCalledWith(WARNING_S - 3);
});

it('is over 20 seconds after the question, once', () => {
  started();
  vi.advanceTimersByTime(QUIET_MS + WARNING_S * 1000);
  expect(ears.over).toHaveBeenCalledTimes(1);
  expect(ears.warning).toHaveBeenLastCalledWith(null);
});

it('begins anew with every touch, also in the middle of the question, as often as one likes', () => {
  const timer = started();
  for (let again = 0; again < 12; again += 1) {
    vi.advanceTimersByTime(QUIET_MS + 5000);
    expect(timer.isAsking()).toBe(true);
    timer.touch();
    expect(ears.warning).toHaveBeenLastCalledWith(null);
  }
  expect(ears.over).not.toHaveBeenCalled();
});

it('never asks while it is stopped', () => {
  const timer = started();
  timer.stop();
  timer.touch();
  vi.advanceTimersByTime(10 * QUIET_MS);
  expect(ears.warning).not.toHaveBeenCalled();
});
