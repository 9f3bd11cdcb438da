import { describe, expect, it } from 'vitest';
import type { Lang } from '../lib/format';
import { Lexicon } from './lexicon';
import { WAYS, type Catalogue, type Room } from './rooms';

/** Words that come when the test lets them. */
class Slow {
  readonly asked: string[] = [];
  private readonly waiting = new Map<
    string,
    { go: (found: Catalogue) => void; fail: (why: Error) => void }
  >();
  readonly lexicon = new Lexicon(
    Object.fromEntries(
      (Object.keys(WAYS) as Room[]).map((room) => [
        room,
        { en: () => this.ask('en', room), de: () => this.ask('de', room), vi: () => this.ask('vi', room) },
      ]),
    ) as never,
  );

  private ask(lang: Lang, room: Room): Promise<Catalogue> {
    this.asked.push(`${lang} ${room}`);
    return new Promise((go, fail) => this.waiting.set(`${lang} ${room}`, { go, fail }));
  }

  async come(...names: readonly string[]): Promise<void> {
    for (const name of names) this.waiting.get(name)?.go({ edit: name });
    await new Promise((resolve) => setTimeout(resolve));
  }

  async fail(name: string): Promise<void> {
    this.waiting.get(name)?.fail(new Error('the line is down'));
    await new Promise((resolve) => setTimeout(resolve));
  }
}

async function isDone(work: Promise<void>): Promise<boolean> {
  return Promise.race([
    work.then(() => true),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(false))),
  ]);
}

describe('Lexicon', () => {
  it('lets a page wait until its words are here', async () => {
    const slow = new Slow();
    const page = slow.lexicon.need('fleet');
    expect(await isDone(page)).toBe(false);
    await slow.come('en fleet');
    expect(await isDone(page)).toBe(true);
  });

  it('fetches a room once, and says what came', async () => {
    const slow = new Slow();
    const both = [slow.lexicon.need('fleet'), slow.lexicon.need('fleet')];
    await slow.come('en fleet');
    await Promise.all(both);
    await slow.lexicon.need('fleet');
    expect(slow.asked).toEqual(['en fleet']);
    expect(slow.lexicon.messages('en').edit).toBe('en fleet');
  });

  it('speaks another language only when all that was wanted is here in it', async () => {
    const slow = new Slow();
    void slow.lexicon.need('fleet');
    await slow.come('en fleet');
    const spoken = slow.lexicon.speak('de');
    await slow.come('de first');
    expect(slow.lexicon.spoken()).toBe('en');
    await slow.come('de fleet');
    await spoken;
    expect(slow.lexicon.spoken()).toBe('de');
  });

  it('waits for a page that was opened while the language was on its way', async () => {
    const slow = new Slow();
    const spoken = slow.lexicon.speak('de');
    void slow.lexicon.need('books');
    await slow.come('de first', 'en books');
    expect(slow.lexicon.spoken()).toBe('en');
    await slow.come('de books');
    await spoken;
    expect(slow.lexicon.spoken()).toBe('de');
  });

  it('lets a page wait for the language that is spoken by then', async () => {
    const slow = new Slow();
    const spoken = slow.lexicon.speak('de');
    await slow.come('de first');
    await spoken;
    const page = slow.lexicon.need('fleet');
    expect(slow.asked.at(-1)).toBe('de fleet');
    await slow.come('de fleet');
    expect(await isDone(page)).toBe(true);
  });

  it('speaks what was chosen last', async () => {
    const slow = new Slow();
    void slow.lexicon.speak('de');
    void slow.lexicon.speak('vi');
    await slow.come('vi first', 'de first');
    expect(slow.lexicon.spoken()).toBe('vi');
  });

  it('stays with its language where another cannot be fetched, and tries again when asked', async () => {
    const slow = new Slow();
    const first = slow.lexicon.speak('de');
    const refused = expect(first).rejects.toThrow('the line is down');
    await slow.fail('de first');
    await refused;
    expect(slow.lexicon.spoken()).toBe('en');
    void slow.lexicon.speak('de');
    await slow.come('de first');
    expect(slow.lexicon.spoken()).toBe('de');
  });
});
