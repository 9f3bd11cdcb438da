/** The last rides of somebody or something, and the way to all of them. */
import { Link } from 'react-router';
import { useAround, useMay } from '../app/context';
import { useWhole } from '../api/queries';
import type { RentalShape } from '../api/shapes';
import { named } from '../i18n/words';
import { listLink } from '../lib/links';
import { Card } from './Head';
import { Failure, Loading } from './States';

export function RentalRows({ filter }: { readonly filter: Readonly<Record<string, string>> }) {
  const { t, f } = useAround();
  const may = useMay();
  const asked = useWhole<RentalShape>('/api/v1/rentals', filter, { enabled: may('rentals:read'), most: 20 });
  return (
    <Card title={t('last_rentals')} aside={<Link to={listLink('/rentals', filter)}>{t('all_of_them')}</Link>}>
      {asked.isLoading && may('rentals:read') && <Loading rows={4} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.data?.items.length === 0 && <p className="muted">{t('no_rentals')}</p>}
      <ul className="rows">
        {asked.data?.items.map((one) => (
          <li key={one.id}>
            <Link to={`/rentals/${one.id}`} className="row-link">
              <span className="tabular">{one.started_at === null ? '–' : f.when(one.started_at)}</span>
              <span className="muted">{one.duration_s === null ? '' : f.span(one.duration_s)}</span>
              <span>{one.total === null ? named(t, 'state', one.state) : f.money(one.total)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Card>
  );
}
