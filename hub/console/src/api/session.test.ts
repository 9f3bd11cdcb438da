import { describe, expect, it, vi } from 'vitest';
import { Refusal, Unreachable, type Asked, type Tagged } from './client';
import { Session, type Surroundings } from './session';

type Answer = (path: string, asked: Asked, token?: string) => unknown;

function refusal(code: string): Refusal {
  return new Refusal({ status: 401, code, detail: '', params: {}, errors: [], trace_id: '' });
}

function around(answer: Answer): Surroundings {
  const kept = new Map<string, string>();
  let turn: Promise<unknown> = Promise.resolve();
  return {
    storage: {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    },
    alone: (work) => {
      const mine = turn.then(work);
      turn = mine.catch(() => undefined);
      return mine;
    },
    send: async <T>(path: string, asked: Asked | undefined, token?: string): Promise<Tagged<T>> => {
      await Promise.resolve();
      return { value: answer(path, asked ?? {}, token) as T, etag: null };
    },
  };
}

function pair(number: number) {
  return { access_token: `a${String(number)}`, refresh_token: `r${String(number)}`, expires_in: 600 };
}

describe('Session', () => {
  it('renews a worn token once, however many calls notice', async () => {
    const refreshed = vi.fn();
    const session = new Session(
      around((path, asked, token) => {
        if (path.endsWith('/token')) return pair(1);
        if (path.endsWith('/refresh')) {
          refreshed(asked.body);
          return pair(2);
        }
        if (token === 'a1') throw refusal('token_expired');
        return `${path} as ${String(token)}`;
      }),
    );
    await session.signIn({ email: 'a', password: 'b' });
    const answers = await Promise.all(['/x', '/y', '/z'].map((path) => session.call<string>(path)));
    expect(answers.map((one) => one.value)).toEqual(['/x as a2', '/y as a2', '/z as a2']);
    expect(refreshed).toHaveBeenCalledExactlyOnceWith({ refresh_token: 'r1' });
  });

  it('keeps a call waiting when the session is over, and makes it when somebody has signed in again', async () => {
    let isOver = false;
    const session = new Session(
      around((path, _asked, token) => {
        if (path.endsWith('/token')) return pair(isOver ? 3 : 1);
        if (path.endsWith('/refresh')) throw refusal('refresh_token_invalid');
        if (token === 'a1') throw refusal('token_expired');
        return token;
      }),
    );
    await session.signIn({ email: 'a', password: 'b' });
    const typed = session.call<string>('/form', { method: 'POST', body: { typed: true } });
    await vi.waitFor(() => expect(session.hasLapsed).toBe(true));
    expect(session.isSignedIn).toBe(false);
    isOver = true;
    await session.signIn({ email: 'a', password: 'b' });
    expect((await typed).value).toBe('a3');
    expect(session.hasLapsed).toBe(false);
  });

  it('does not end the session for a hub that is silent', async () => {
    const session = new Session(
      around((path) => {
        if (path.endsWith('/token')) return pair(1);
        if (path.endsWith('/refresh')) throw new Unreachable('down');
        throw refusal('token_expired');
      }),
    );
    await session.signIn({ email: 'a', password: 'b' });
    await expect(session.call('/x')).rejects.toBeInstanceOf(Unreachable);
    expect(session.isSignedIn).toBe(true);
  });

  it('passes a refusal on that has nothing to do with tokens', async () => {
    const session = new Session(
      around((path) => {
        if (path.endsWith('/token')) return pair(1);
        throw refusal('forbidden');
      }),
    );
    await session.signIn({ email: 'a', password: 'b' });
    await expect(session.call('/x')).rejects.toMatchObject({ problem: { code: 'forbidden' } });
  });

  it('forgets the pair when somebody leaves, also with a silent hub', async () => {
    const session = new Session(
      around((path) => {
        if (path.endsWith('/token')) return pair(1);
        throw new Unreachable('down');
      }),
    );
    await session.signIn({ email: 'a', password: 'b' });
    await session.signOut();
    expect([session.isSignedIn, session.hasLapsed]).toEqual([false, false]);
  });

  it('takes a damaged store for nobody', () => {
    const there = around(() => undefined);
    there.storage.setItem('voltdock.session', '{"access":');
    expect(new Session(there).isSignedIn).toBe(false);
  });
});
