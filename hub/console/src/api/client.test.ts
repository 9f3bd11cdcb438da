import { afterEach, describe, expect, it, vi } from 'vitest';
import { send, Unreachable } from './client';

function answering(text: string | null, status: number): void {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(text, { status, headers: { ETag: '"7"' } })));
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('send', () => {
  it.each([202, 200])('takes an answer of %d without a body as done', async (status) => {
    answering('', status);
    expect(await send('/api/v1/x', { method: 'POST' })).toEqual({ value: undefined, etag: '"7"' });
  });

  it('takes 204 as done', async () => {
    answering(null, 204);
    expect((await send('/api/v1/x', { method: 'DELETE' })).value).toBeUndefined();
  });

  it('gives what is said', async () => {
    answering('{"a":1}', 200);
    expect((await send('/api/v1/x')).value).toEqual({ a: 1 });
  });

  it('does not take a page of somebody else for an answer', async () => {
    answering('<html>', 200);
    await expect(send('/api/v1/x')).rejects.toThrow(Unreachable);
  });
});
