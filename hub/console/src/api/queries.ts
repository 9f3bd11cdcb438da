/** The questions that pages ask, with how often they ask again. Numbers that move are asked for while they are looked at. */
import { QueryClient, useQuery, type UseQueryResult } from '@tanstack/react-query';
import { useAround } from '../app/context';
import { query, Refusal, type Asked, type Tagged } from './client';
import type { Session } from './session';
import type { Page } from './shapes';

type Filters = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Every station's state; its stream is the same with `/stream`. */
export const STATES_PATH = '/api/v1/stations/states';
const PAGE = 200;
const MOST_PAGES = 25;

/** A refusal is an answer; only silence is asked again. */
export function newQueryClient(): QueryClient {
  const retry = (count: number, error: Error) => !(error instanceof Refusal) && count < 2;
  return new QueryClient({
    defaultOptions: { queries: { retry, staleTime: 5_000, refetchOnWindowFocus: true, gcTime: 300_000 } },
  });
}

/** One value's question; the same one from wherever it is asked. */
export function oneQuery<T>(session: Session, path: string) {
  return {
    queryKey: ['one', path],
    queryFn: async ({ signal }: { signal: AbortSignal }) => (await session.call<T>(path, { signal })).value,
  };
}

export function useAsk<T>(path: string, options: AskOptions = {}): UseQueryResult<T> {
  const { session } = useAround();
  return useQuery({
    ...oneQuery<T>(session, path),
    enabled: options.enabled ?? true,
    refetchInterval: options.every ?? false,
    ...(options.stale === undefined ? {} : { staleTime: options.stale }),
  });
}

export interface AskOptions {
  readonly enabled?: boolean;
  /** Milliseconds between two questions. */
  readonly every?: number | false;
  readonly stale?: number;
}

/** One value with the entity tag that an edit sends back. */
export function useTagged<T>(path: string, options: AskOptions = {}): UseQueryResult<Tagged<T>> {
  const { session } = useAround();
  return useQuery({
    queryKey: ['tagged', path],
    queryFn: ({ signal }) => session.call<T>(path, { signal }),
    enabled: options.enabled ?? true,
    refetchInterval: options.every ?? false,
  });
}

export interface Whole<T> {
  readonly items: readonly T[];
  /** False: there is more than was fetched. */
  readonly complete: boolean;
}

export function wholeQuery<T>(session: Session, path: string, filters: Filters, most = PAGE * MOST_PAGES) {
  return {
    queryKey: ['whole', path, filters, most],
    queryFn: ({ signal }: { signal: AbortSignal }) => whole<T>(session, path, filters, most, signal),
  };
}

/** A list from its first page to its last; up to `most` items, so that a huge one cannot stop the page. */
export function useWhole<T>(
  path: string,
  filters: Filters = {},
  options: AskOptions & { readonly most?: number } = {},
): UseQueryResult<Whole<T>> {
  const { session } = useAround();
  return useQuery({
    ...wholeQuery<T>(session, path, filters, options.most),
    enabled: options.enabled ?? true,
    refetchInterval: options.every ?? false,
    ...(options.stale === undefined ? {} : { staleTime: options.stale }),
  });
}

async function whole<T>(
  session: Session,
  path: string,
  filters: Filters,
  most: number,
  signal: AbortSignal,
): Promise<Whole<T>> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const limit = Math.min(PAGE, most - items.length);
    const url: string = path + query({ ...filters, limit, cursor });
    const page: Page<T> = (await session.call<Page<T>>(url, { signal })).value;
    items.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null && items.length < most);
  return { items, complete: cursor === null };
}

/** A POST that moves something: the key makes a repeated one the same one. */
export function deed(body: unknown, key: string): Asked {
  return { method: 'POST', body, headers: { 'Idempotency-Key': key } };
}

/** A new key for one deed; it stays the same as long as the same thing is tried again. */
export function newKey(): string {
  return crypto.randomUUID();
}
