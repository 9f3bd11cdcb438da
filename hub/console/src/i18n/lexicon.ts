/**
 * The words that are here, and the language that is spoken. Nothing is said before its words have come: a page waits for
 * its rooms, and another language is spoken only when every room that was wanted so far is here in it.
 */
import type { Lang } from '../lib/format';
import { FIRST, WAYS, type Catalogue, type Room } from './rooms';

type Ways = Readonly<Record<Room, Readonly<Record<Lang, () => Promise<Catalogue>>>>>;

export class Lexicon {
  private lang: Lang = 'en';
  private wish: Lang = 'en';
  private readonly wanted = new Set<Room>(['first']);
  private readonly here = new Map<string, Catalogue>([['en first', FIRST]]);
  private readonly merged = new Map<Lang, Catalogue>([['en', FIRST]]);
  private readonly coming = new Map<string, Promise<void>>();
  private readonly listeners = new Set<() => void>();

  constructor(private readonly ways: Ways) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The language in which things are said just now. */
  spoken = (): Lang => this.lang;

  /** All messages that are here in this language. */
  messages(lang: Lang): Catalogue {
    return this.merged.get(lang) ?? {};
  }

  /** Resolves when these rooms can be said. Rejects when they cannot be fetched. */
  async need(...rooms: readonly Room[]): Promise<void> {
    for (const room of rooms) this.wanted.add(room);
    // Somebody may choose another language meanwhile.
    while (!this.has(this.lang, rooms)) await this.fetch(this.lang, rooms);
  }

  /** Speaks this language as soon as its words are here; the last wish counts. Rejects when they cannot be fetched. */
  async speak(lang: Lang): Promise<void> {
    this.wish = lang;
    // A page may want another room meanwhile.
    while (!this.has(lang, this.wanted)) await this.fetch(lang, this.wanted);
    if (this.wish !== lang || this.lang === lang) return;
    this.lang = lang;
    this.listeners.forEach((one) => {
      one();
    });
  }

  private has(lang: Lang, rooms: Iterable<Room>): boolean {
    return [...rooms].every((room) => this.here.has(`${lang} ${room}`));
  }

  private async fetch(lang: Lang, rooms: Iterable<Room>): Promise<void> {
    await Promise.all([...rooms].map((room) => this.one(lang, room)));
  }

  private one(lang: Lang, room: Room): Promise<void> {
    const key = `${lang} ${room}`;
    if (this.here.has(key)) return Promise.resolve();
    const coming =
      this.coming.get(key) ?? this.ways[room][lang]().then((found) => this.put(lang, room, found));
    this.coming.set(key, coming);
    return coming.finally(() => this.coming.delete(key)); // what failed may be tried again
  }

  private put(lang: Lang, room: Room, found: Catalogue): void {
    this.here.set(`${lang} ${room}`, found);
    this.merged.set(lang, { ...this.merged.get(lang), ...found });
  }
}

/** The one of this page. */
export const lexicon = new Lexicon(WAYS);
