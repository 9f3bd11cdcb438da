/** Things that are done by the API: one at a time, with the refusal kept beside the form, and what was asked anew after it. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { newKey } from '../api/queries';
import { Refusal, type Asked } from '../api/client';
import { fieldWords } from '../lib/problems';
import { useAround } from './context';
import { useLeaving } from './leaving';

export interface Deed<T> {
  readonly run: (path: string, asked: Asked, done?: (value: T) => void) => void;
  readonly isBusy: boolean;
  readonly error: Error | null;
  readonly value: T | undefined;
  readonly reset: () => void;
}

/**
 * One deed. A silent hub may have done it: the same body is sent again with the same key, so it is done once; a deed
 * that was answered gets a new key next time.
 */
export function useDeed<T>(): Deed<T> {
  const { session } = useAround();
  const client = useQueryClient();
  const leaving = useLeaving();
  const key = useRef({ body: '', key: '' });
  const mutation = useMutation({
    mutationFn: async ({ path, asked }: { path: string; asked: Asked }) => {
      const body = JSON.stringify([path, asked.body]);
      if (key.current.body !== body || key.current.key === '') key.current = { body, key: newKey() };
      const headers = asked.method === 'POST' ? { 'Idempotency-Key': key.current.key } : {};
      try {
        const { value } = await session.call<T>(path, {
          ...asked,
          headers: { ...headers, ...asked.headers },
        });
        key.current = { body: '', key: '' };
        return value;
      } catch (error) {
        if (error instanceof Refusal) key.current = { body: '', key: '' };
        throw error;
      }
    },
    onSuccess: () => void client.invalidateQueries(),
    // Somebody was faster: whoever looks again sees what they did.
    onError: (error) => {
      if (error instanceof Refusal && error.problem.code === 'changed_meanwhile')
        void client.invalidateQueries();
    },
  });
  return {
    run: (path, asked, done) => {
      const after = (value: T) => leaving.anyway(() => done?.(value)); // what was typed is saved now
      mutation.mutate({ path, asked }, { onSuccess: after });
    },
    isBusy: mutation.isPending,
    error: mutation.error,
    value: mutation.data,
    reset: mutation.reset,
  };
}

/** What the hub says about one field of the form, in the reader's language; null when it says nothing. */
export function useFieldError(error: Error | null): (pointer: string) => string | null {
  const { t } = useAround();
  return (pointer) => {
    if (!(error instanceof Refusal)) return null;
    const found = error.problem.errors.find((one) => one.pointer === pointer);
    return found === undefined ? null : fieldWords(t, found);
  };
}
