/** A hub of canned answers behind the real session and the real pages, for tests that render. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, type RenderResult } from '@testing-library/react';
import type { ReactNode } from 'react';
import { MemoryRouter } from 'react-router';
import { Refusal, type Asked, type FieldProblem, type Tagged } from '../api/client';
import { Session } from '../api/session';
import type { Me } from '../api/shapes';
import { Dressed } from '../app/App';
import { MeContext } from '../app/context';
import { lexicon } from '../i18n/lexicon';
import { ROOMS } from '../i18n/rooms';

// Every word is here before a test begins, in every language.
await lexicon.need(...ROOMS);
for (const lang of ['de', 'vi', 'en'] as const) await lexicon.speak(lang);

export type Answers = Readonly<Record<string, (body: unknown, path: string) => unknown>>;

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
}

/** Answers by `METHOD /path` (the query left out); what was sent is kept. */
export class CannedHub {
  readonly sent: Sent[] = [];

  constructor(private readonly answers: Answers) {}

  send = async <T,>(path: string, asked: Asked = {}): Promise<Tagged<T>> => {
    await Promise.resolve();
    const method = asked.method ?? 'GET';
    this.sent.push({ method, path, body: asked.body, headers: asked.headers ?? {} });
    const answer = this.answers[`${method} ${path.split('?')[0] ?? ''}`];
    if (answer === undefined) throw refused('not_found');
    return { value: answer(asked.body, path) as T, etag: '"1"' };
  };

  /** What was sent to change something. */
  get deeds(): readonly Sent[] {
    return this.sent.filter((one) => one.method !== 'GET');
  }
}

export function refused(
  code: string,
  params: Record<string, string | number> = {},
  errors: readonly FieldProblem[] = [],
): Refusal {
  return new Refusal({ status: 400, code, detail: '', params, errors, trace_id: '0123456789ab' });
}

export function page<T>(...items: readonly T[]) {
  return () => ({ items, next_cursor: null });
}

export const TOKENS = { access_token: 'a', refresh_token: 'r', expires_in: 600 };

export function aMe(given: Partial<Me> = {}): Me {
  return {
    id: '01900000-0000-7000-8000-00000000000a',
    email: 'ada@voltdock.example',
    display_name: 'Ada Linh',
    locale: 'en',
    roles: ['admin'],
    created_at: '2026-11-01T00:00:00Z',
    organisation_id: '01900000-0000-7000-8000-0000000000aa',
    permissions: [
      'accounts:read',
      'accounts:write',
      'stations:read',
      'telemetry:read',
      'vehicles:read',
      'vehicles:write',
    ],
    ...given,
  };
}

interface Shown {
  readonly me?: Me | null;
  readonly at?: string;
  readonly lang?: 'en' | 'de' | 'vi';
}

/** The page in its surroundings; `me: null` shows it to nobody in particular. */
export function show(element: ReactNode, hub: CannedHub, shown: Shown = {}): RenderResult {
  const { me = aMe(), at = '/', lang = 'en' } = shown;
  void lexicon.speak(lang);
  const kept = new Map<string, string>();
  if (me !== null) kept.set('voltdock.session', JSON.stringify({ access: 'a', refresh: 'r' }));
  const session = new Session({
    storage: {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    },
    alone: (work) => work(),
    send: hub.send,
  });
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const inside = me === null ? element : <MeContext value={me}>{element}</MeContext>;
  return render(
    <QueryClientProvider client={client}>
      <MemoryRouter initialEntries={[at]}>
        <Dressed session={session} first={{ lang, isPseudo: false, mode: 'light' }}>
          {inside}
        </Dressed>
      </MemoryRouter>
    </QueryClientProvider>,
  );
}
