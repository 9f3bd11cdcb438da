/** Log-ins of other houses that this hub takes; nothing where it takes none. */
import { useQuery } from '@tanstack/react-query';
import { useLocation } from 'react-router';
import type { ProviderList } from '../../api/shapes';
import { useAround } from '../../app/context';
import { wayBack } from './back';

export function Elsewhere() {
  const { t, session } = useAround();
  const { pathname, search } = useLocation();
  const asked = useQuery({
    queryKey: ['providers'],
    queryFn: async ({ signal }) => (await session.ask<ProviderList>('/api/v1/auth/oidc', { signal })).value,
    staleTime: Infinity,
    retry: false,
  });
  const providers = asked.data?.items ?? [];
  if (providers.length === 0) return null;
  const back = encodeURIComponent(wayBack(pathname, search));
  return (
    <div className="door-elsewhere">
      {providers.map((one) => (
        <a key={one.name} className="button wide" href={`${one.start}?return_to=${back}`}>
          {t('sign_in_by', { name: one.title })}
        </a>
      ))}
    </div>
  );
}
