/** The agent's HTTP API as typed calls. An answer is a value or a Problem; no answer at all is Unreachable. */
import type {
  Agree,
  AskHandback,
  AskQuote,
  HandbackView,
  Problem,
  QuoteView,
  RentalView,
  StationView,
} from './types';

/** The agent did not answer, or answered with something that is not ours. */
export class Unreachable extends Error {}

/** The agent said no. */
export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.code);
  }
}

export interface Api {
  view(): Promise<StationView>;
  quote(ask: AskQuote): Promise<QuoteView>;
  agree(agree: Agree): Promise<RentalView>;
  rental(rentalId: string): Promise<RentalView>;
  moreTime(rentalId: string): Promise<RentalView>;
  notOpen(rentalId: string): Promise<RentalView>;
  handback(ask: AskHandback): Promise<HandbackView>;
  parked(handbackId: string): Promise<RentalView>;
}

const PATIENCE_MS = 8000;

/** Calls to the agent that served this page. Every call rejects with Refusal or Unreachable, nothing else. */
export function httpApi(origin = ''): Api {
  const call = <T>(method: Method, path: string, body?: unknown) => callJson<T>(method, origin + path, body);
  const of = (rentalId: string, what = '') => `/api/rentals/${encodeURIComponent(rentalId)}${what}`;
  return {
    view: () => call('GET', '/api/view'),
    quote: (ask) => call('POST', '/api/quotes', ask),
    agree: (agree) => call('POST', '/api/rentals', agree),
    rental: (id) => call('GET', of(id)),
    moreTime: (id) => call('POST', of(id, '/more-time'), {}),
    notOpen: (id) => call('POST', of(id, '/not-open'), {}),
    handback: (ask) => call('POST', '/api/handbacks', ask),
    parked: (id) => call('POST', `/api/handbacks/${encodeURIComponent(id)}/parked`, {}),
  };
}

export type Method = 'GET' | 'POST' | 'DELETE';

/** One call: JSON there and back (a Blob goes as it is). Rejects with Refusal or Unreachable, nothing else. */
export async function callJson<T>(
  method: Method,
  url: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<T> {
  const answer = await send(url, method, body, headers);
  if (answer.status === 204) return undefined as T;
  const value: unknown = await answer.json().catch(() => {
    throw new Unreachable(`${url}: not JSON`);
  });
  if (answer.ok) return value as T;
  throw isProblem(value) ? new Refusal(value) : new Unreachable(`${url}: HTTP ${String(answer.status)}`);
}

async function send(
  url: string,
  method: Method,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<Response> {
  const type = body instanceof Blob ? body.type : 'application/json';
  const content = body instanceof Blob ? body : JSON.stringify(body);
  try {
    return await fetch(url, {
      method,
      cache: 'no-store',
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body === undefined
        ? { headers }
        : { body: content, headers: { ...headers, 'Content-Type': type } }),
    });
  } catch (error) {
    throw new Unreachable(String(error));
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string';
}
