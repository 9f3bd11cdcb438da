/** Filters that stand in the address, so that a list is sent to somebody as it is looked at. */
import { useSearchParams } from 'react-router';

/** What the address says, and how to say something else; an empty value takes the filter away. */
export function useFilters(): readonly [URLSearchParams, (name: string, value: string) => void] {
  const [search, setSearch] = useSearchParams();
  const choose = (name: string, value: string) => {
    const next = new URLSearchParams(search);
    if (value === '') next.delete(name);
    else next.set(name, value);
    setSearch(next, { replace: true });
  };
  return [search, choose];
}
