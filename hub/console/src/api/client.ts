/**
 * The hub's HTTP API as typed calls. An answer is a value or a Problem; no answer at all is Unreachable.
 * Knows how to send; who is signed in, and what happens when a token has run out, is `session.ts`.
 */

export interface FieldProblem {
  readonly pointer: string;
  readonly message: string;
  readonly type: string;
}

/** RFC 9457 as the hub writes it. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly params: Readonly<Record<string, string | number | boolean | null>>;
  readonly errors: readonly FieldProblem[];
  readonly trace_id: string;
}

/** The hub did not answer, or answered with something that is not ours. */
export class Unreachable extends Error {}

/** The hub said no. */
export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.code);
  }
}

export interface Asked {
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** A value with the entity tag that an edit must send back. */
export interface Tagged<T> {
  readonly value: T;
  readonly etag: string | null;
}

const PATIENCE_MS = 20_000;

/** One request. Rejects with Refusal or Unreachable, and with AbortError when the caller gave up. */
export async function send<T>(path: string, asked: Asked = {}, token?: string): Promise<Tagged<T>> {
  const answer = await fetched(path, asked, token);
  const etag = answer.headers.get('ETag');
  if (!answer.ok) throw await problemOf(answer, path);
  const text = await answer.text();
  if (text === '') return { value: undefined as T, etag }; // 204, and 202 where there is nothing to say yet
  return { value: parsed(text, answer.status, path) as T, etag };
}

function parsed(text: string, status: number, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unreachable(`${path}: HTTP ${String(status)} is not JSON`);
  }
}

/** What an answer that is no success says: the hub's no, or nothing that is ours. */
export async function problemOf(answer: Response, path: string): Promise<Refusal | Unreachable> {
  const value: unknown = await answer.json().catch(() => null);
  return isProblem(value) ? new Refusal(value) : new Unreachable(`${path}: HTTP ${String(answer.status)}`);
}

/** A file's bytes. Rejects as `send` does. */
export async function fileOf(path: string, token: string, signal: AbortSignal): Promise<Blob> {
  const answer = await fetched(path, { signal, headers: { Accept: '*/*' } }, token);
  if (answer.ok) return answer.blob();
  const value: unknown = await answer.json().catch(() => null);
  throw isProblem(value) ? new Refusal(value) : new Unreachable(`${path}: HTTP ${String(answer.status)}`);
}

async function fetched(path: string, asked: Asked, token?: string): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json', ...asked.headers };
  if (token !== undefined) headers['Authorization'] = `Bearer ${token}`;
  if (asked.body !== undefined) headers['Content-Type'] = 'application/json';
  const patience = AbortSignal.timeout(PATIENCE_MS);
  try {
    return await fetch(path, {
      method: asked.method ?? 'GET',
      cache: 'no-store',
      headers,
      signal: asked.signal ? AbortSignal.any([asked.signal, patience]) : patience,
      ...(asked.body === undefined ? {} : { body: JSON.stringify(asked.body) }),
    });
  } catch (error) {
    if (asked.signal?.aborted === true) throw error;
    throw new Unreachable(String(error));
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string';
}

/** `?a=1&b=2` of what is given; nothing for what is empty. */
export function query(given: Readonly<Record<string, string | number | boolean | null | undefined>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
