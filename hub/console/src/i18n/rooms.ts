/** The rooms of our words, and how each arrives in a language. A page names the rooms that it needs (`app/Pages.tsx`). */
import type { Lang } from '../lib/format';
import { first } from './en_first';
import type { account } from './en_account';
import type { balance } from './en_balance';
import type { bills } from './en_bills';
import type { books } from './en_books';
import type { business } from './en_business';
import type { desk } from './en_desk';
import type { door } from './en_door';
import type { fleet } from './en_fleet';
import type { form } from './en_form';
import type { lists } from './en_lists';
import type { mine } from './en_mine';
import type { station } from './en_station';
import type { tariffs } from './en_tariffs';
import type { watch } from './en_watch';

/** English is the language that the others are measured by. */
interface English {
  readonly first: typeof first;
  readonly door: typeof door;
  readonly form: typeof form;
  readonly station: typeof station;
  readonly business: typeof business;
  readonly lists: typeof lists;
  readonly tariffs: typeof tariffs;
  readonly books: typeof books;
  readonly bills: typeof bills;
  readonly desk: typeof desk;
  readonly watch: typeof watch;
  readonly fleet: typeof fleet;
  readonly account: typeof account;
  readonly balance: typeof balance;
  readonly mine: typeof mine;
}

export type Room = keyof English;
export type MessageKey = { [R in Room]: keyof English[R] }[Room];
/** Messages by their key; the words of some rooms, in one language. */
export type Catalogue = Readonly<Partial<Record<MessageKey, string>>>;

/** Each room is a file of its own, fetched when a page wants it: a word that a language lacks is a type error here. */
type Ways = {
  readonly [R in Room]: Readonly<Record<Lang, () => Promise<Readonly<Record<keyof English[R], string>>>>>;
};

/** What is there from the start, also without a hub: the frame and the network page, in English. */
export const FIRST: Catalogue = first;

export const WAYS: Ways = {
  first: {
    en: () => Promise.resolve(first),
    de: async () => (await import('./de_first')).first,
    vi: async () => (await import('./vi_first')).first,
  },
  door: {
    en: async () => (await import('./en_door')).door,
    de: async () => (await import('./de_door')).door,
    vi: async () => (await import('./vi_door')).door,
  },
  form: {
    en: async () => (await import('./en_form')).form,
    de: async () => (await import('./de_form')).form,
    vi: async () => (await import('./vi_form')).form,
  },
  station: {
    en: async () => (await import('./en_station')).station,
    de: async () => (await import('./de_station')).station,
    vi: async () => (await import('./vi_station')).station,
  },
  business: {
    en: async () => (await import('./en_business')).business,
    de: async () => (await import('./de_business')).business,
    vi: async () => (await import('./vi_business')).business,
  },
  lists: {
    en: async () => (await import('./en_lists')).lists,
    de: async () => (await import('./de_lists')).lists,
    vi: async () => (await import('./vi_lists')).lists,
  },
  tariffs: {
    en: async () => (await import('./en_tariffs')).tariffs,
    de: async () => (await import('./de_tariffs')).tariffs,
    vi: async () => (await import('./vi_tariffs')).tariffs,
  },
  books: {
    en: async () => (await import('./en_books')).books,
    de: async () => (await import('./de_books')).books,
    vi: async () => (await import('./vi_books')).books,
  },
  bills: {
    en: async () => (await import('./en_bills')).bills,
    de: async () => (await import('./de_bills')).bills,
    vi: async () => (await import('./vi_bills')).bills,
  },
  desk: {
    en: async () => (await import('./en_desk')).desk,
    de: async () => (await import('./de_desk')).desk,
    vi: async () => (await import('./vi_desk')).desk,
  },
  watch: {
    en: async () => (await import('./en_watch')).watch,
    de: async () => (await import('./de_watch')).watch,
    vi: async () => (await import('./vi_watch')).watch,
  },
  fleet: {
    en: async () => (await import('./en_fleet')).fleet,
    de: async () => (await import('./de_fleet')).fleet,
    vi: async () => (await import('./vi_fleet')).fleet,
  },
  account: {
    en: async () => (await import('./en_account')).account,
    de: async () => (await import('./de_account')).account,
    vi: async () => (await import('./vi_account')).account,
  },
  balance: {
    en: async () => (await import('./en_balance')).balance,
    de: async () => (await import('./de_balance')).balance,
    vi: async () => (await import('./vi_balance')).balance,
  },
  mine: {
    en: async () => (await import('./en_mine')).mine,
    de: async () => (await import('./de_mine')).mine,
    vi: async () => (await import('./vi_mine')).mine,
  },
};

export const ROOMS = Object.keys(WAYS) as Room[];
