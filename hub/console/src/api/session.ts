/**
 * Who is signed in: the pair of tokens, one refresh at a time over all tabs, and calls that survive its running out.
 * A refresh token is used once; a second use ends the session, so tabs take turns by a lock and share the pair.
 */
import { Refusal, send, type Asked, type Tagged } from './client';

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
}

interface Pair {
  readonly access: string;
  readonly refresh: string;
}

/** What the session needs of the browser; tests give their own. */
export interface Surroundings {
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  /** Runs alone among all tabs. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  readonly send: typeof send;
}

const KEY = 'voltdock.session';
const WORN = new Set(['token_expired', 'token_invalid', 'not_signed_in']);

export class Session {
  private listeners = new Set<() => void>();
  private waiting: (() => void)[] = [];
  private isOver = false;

  constructor(private readonly around: Surroundings) {}

  get isSignedIn(): boolean {
    return this.pair() !== null;
  }

  /** The session ran out under an open page: whoever was at it signs in again, and calls that wait go on. */
  get hasLapsed(): boolean {
    return this.isOver;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Raises Refusal: `bad_credentials`, `log_in_locked` with `retry_after_s`, or `second_factor_required`. */
  async signIn(credentials: Readonly<Record<string, string>>): Promise<void> {
    const { value } = await this.around.send<Tokens>('/api/v1/auth/token', {
      method: 'POST',
      body: credentials,
    });
    this.take(value);
  }

  /** The session of whoever a provider has just sent back: by its cookie alone, once. Raises Refusal like `signIn`. */
  async comeBack(): Promise<void> {
    const { value } = await this.around.send<Tokens>('/api/v1/auth/oidc/session', { method: 'POST' });
    this.take(value);
  }

  /** Takes a pair that another way of signing in has brought. */
  take(tokens: Tokens): void {
    this.keep(tokens);
    this.isOver = false;
    const waiting = this.waiting;
    this.waiting = [];
    for (const go of waiting) go();
    this.tell();
  }

  async signOut(): Promise<void> {
    const pair = this.pair();
    this.drop();
    if (pair === null) return;
    const body = { refresh_token: pair.refresh };
    await this.around.send('/api/v1/auth/logout', { method: 'POST', body }).catch(() => undefined);
  }

  /** A question that anybody may ask. */
  ask<T>(path: string, asked: Asked = {}): Promise<Tagged<T>> {
    return this.around.send<T>(path, asked);
  }

  /** One call as whoever is signed in. */
  call<T>(path: string, asked: Asked = {}): Promise<Tagged<T>> {
    return this.as((token) => this.around.send<T>(path, asked, token));
  }

  /** Something done with the access token. One that has run out is renewed, and the same done again. */
  async as<T>(deed: (token: string) => Promise<T>): Promise<T> {
    for (;;) {
      const pair = this.pair();
      if (pair === null) {
        await this.again();
        continue;
      }
      try {
        return await deed(pair.access);
      } catch (error) {
        if (!(error instanceof Refusal && WORN.has(error.problem.code))) throw error;
        await this.renew(pair);
      }
    }
  }

  private async renew(worn: Pair): Promise<void> {
    await this.around.alone(async () => {
      const pair = this.pair();
      if (pair?.refresh !== worn.refresh) return; // somebody was faster
      try {
        const body = { refresh_token: pair.refresh };
        const { value } = await this.around.send<Tokens>('/api/v1/auth/refresh', { method: 'POST', body });
        this.keep(value);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        this.around.storage.removeItem(KEY);
        this.isOver = true;
        this.tell();
      }
    });
  }

  /** Waits for somebody to sign in. The page stays as it is, with everything that was typed. */
  private again(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (!this.isOver) {
        this.isOver = true;
        this.tell();
      }
    });
  }

  private drop(): void {
    this.around.storage.removeItem(KEY);
    this.isOver = false;
    this.waiting = [];
    this.tell();
  }

  private keep(tokens: Tokens): void {
    const pair: Pair = { access: tokens.access_token, refresh: tokens.refresh_token };
    this.around.storage.setItem(KEY, JSON.stringify(pair));
  }

  private pair(): Pair | null {
    const text = this.around.storage.getItem(KEY);
    if (text === null) return null;
    try {
      const read: unknown = JSON.parse(text);
      return isPair(read) ? read : null;
    } catch {
      return null;
    }
  }

  private tell(): void {
    this.listeners.forEach((listener) => {
      listener();
    });
  }
}

function isPair(value: unknown): value is Pair {
  return typeof value === 'object' && value !== null && 'access' in value && 'refresh' in value;
}

/** The session of this browser. Tabs share it; without locks (an old browser) each tab hopes to be alone. */
export function browserSession(): Session {
  const locks = 'locks' in navigator ? navigator.locks : undefined;
  return new Session({
    storage: window.localStorage,
    alone: async (work) =>
      locks === undefined ? await work() : await locks.request('voltdock.refresh', work),
    send,
  });
}
