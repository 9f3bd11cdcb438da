/** The agent's HTTP API as typed calls. An answer is a value or a Problem; no answer at all is Unreachable. */
import type { Agree, AskQuote, Problem, QuoteView, RentalView, StationView } from './types';

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
}

const PATIENCE_MS = 8000;

/** Calls to the agent that served this page. Every call rejects with Refusal or Unreachable, nothing else. */
export function httpApi(origin = ''): Api {
  const call = async <T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> => {
    const answer = await send(origin + path, method, body);
    const value: unknown = await answer.json().catch(() => {
      throw new Unreachable(`${path}: not JSON`);
    });
    if (answer.ok) return value as T;
    throw isProblem(value) ? new Refusal(value) : new Unreachable(`${path}: HTTP ${String(answer.status)}`);
  };
  const of = (rentalId: string, what = '') => `/api/rentals/${encodeURIComponent(rentalId)}${what}`;
  return {
    view: () => call('GET', '/api/view'),
    quote: (ask) => call('POST', '/api/quotes', ask),
    agree: (agree) => call('POST', '/api/rentals', agree),
    rental: (id) => call('GET', of(id)),
    moreTime: (id) => call('POST', of(id, '/more-time'), {}),
    notOpen: (id) => call('POST', of(id, '/not-open'), {}),
  };
}

async function send(url: string, method: string, body: unknown): Promise<Response> {
  try {
    return await fetch(url, {
      method,
      cache: 'no-store',
      signal: AbortSignal.timeout(PATIENCE_MS),
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });
  } catch (error) {
    throw new Unreachable(String(error));
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'code' in value && typeof value.code === 'string';
}
