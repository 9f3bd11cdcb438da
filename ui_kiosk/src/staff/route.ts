/** Where one is: the part of the address after #, so that the phone's own back button works. */
import { useSyncExternalStore } from 'react';

export type Route =
  | { readonly page: 'station'; readonly dock: number | null }
  | { readonly page: 'rides'; readonly ride: string | null }
  | { readonly page: 'out'; readonly dock: number | null }
  | { readonly page: 'lists'; readonly list: string | null; readonly dock: number | null }
  | { readonly page: 'waiting' };

export function readRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  const [page = '', about = ''] = path.split('/').map(decodeURIComponent);
  const number = (text: string) => (/^\d{1,3}$/.test(text) ? Number(text) : null);
  switch (page) {
    case 'rides':
      return { page, ride: about === '' ? null : about };
    case 'out':
      return { page, dock: number(about) };
    case 'lists':
      return {
        page,
        list: about === '' ? null : about,
        dock: number(new URLSearchParams(query).get('dock') ?? ''),
      };
    case 'waiting':
      return { page };
    default:
      return { page: 'station', dock: page === 'docks' ? number(about) : null };
  }
}

export function go(hash: string): void {
  window.location.hash = hash;
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => {
    window.removeEventListener('hashchange', listener);
  };
}

export function useHash(): string {
  return useSyncExternalStore(subscribe, () => window.location.hash);
}
