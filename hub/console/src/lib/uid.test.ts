import { expect, it } from 'vitest';
import { uidOf } from './uid';

it('takes a number however it is written', () => {
  for (const text of ['04BEBE01', '04:be:be:01', ' 04 be be 01\n', '04-BE-BE-01']) {
    expect(uidOf(text)).toBe('04BEBE01');
  }
});
