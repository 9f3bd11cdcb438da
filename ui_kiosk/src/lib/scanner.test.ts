import { afterEach, expect, it, vi } from 'vitest';
import { listenForScans, Scanner } from './scanner';

const TOKEN = 'VD1:6BF+70790T9WJ WG.FKY*4GO0 .O1CV2';

function typed(text: string, gapMs = 5): { found: string[]; swallowed: number } {
  const found: string[] = [];
  const scanner = new Scanner((token) => found.push(token));
  let swallowed = 0;
  Array.from(text).forEach((key, index) => {
    if (scanner.press(key === '\n' ? 'Enter' : key, 1000 + index * gapMs)) swallowed += 1;
  });
  return { found, swallowed };
}

it('finds a voucher that ends with Enter, spaces and all', () => {
  expect(typed(`${TOKEN}\n`).found).toEqual([TOKEN]);
});

it('keeps every key after the prefix from the page, the Enter too', () => {
  expect(typed(`${TOKEN}\n`).swallowed).toBe(TOKEN.length - 3 + 1);
});

it('finds it after other keys and twice in a row', () => {
  expect(typed(`xVVD1:ABCDEFGH\n${TOKEN}\n`).found).toEqual(['VD1:ABCDEFGH', TOKEN]);
});

it('leaves a person who types alone', () => {
  const { found, swallowed } = typed('VD7K2M\n hello\n');
  expect(found).toEqual([]);
  expect(swallowed).toBe(0);
});

it('forgets what was begun when the keys come too slowly', () => {
  expect(typed(`${TOKEN}\n`, 800).found).toEqual([]);
});

it('ignores keys that are not characters in the middle of a scan', () => {
  const found: string[] = [];
  const scanner = new Scanner((token) => found.push(token));
  for (const key of ['V', 'D', '1', ':', 'Shift', 'A', 'B', 'Enter']) scanner.press(key, 10);
  expect(found).toEqual(['VD1:AB']);
});

const stops: (() => void)[] = [];
afterEach(() => {
  stops.splice(0).forEach((stop) => {
    stop();
  });
});

it('does not let the space in a scan press the button that has the focus', () => {
  const found = vi.fn();
  stops.push(listenForScans(window, found));
  const reached = vi.fn<(event: KeyboardEvent) => void>();
  document.body.addEventListener('keydown', reached);
  stops.push(() => {
    document.body.removeEventListener('keydown', reached);
  });
  for (const key of [...Array.from('VD1:A B'), 'Enter']) {
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
  }
  expect(found).toHaveBeenCalledWith('VD1:A B');
  expect(reached.mock.calls.map(([event]) => event.key)).toEqual(['V', 'D', '1']);
});
