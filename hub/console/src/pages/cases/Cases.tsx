/** What contradicts itself and waits for a person: the open ones first, each with what it is about. */
import { useAround } from '../../app/context';
import { useFilters } from '../../app/filters';
import { useWhole } from '../../api/queries';
import type { CaseShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { Card, Head } from '../../ui/Head';
import { AccountName, StationName } from '../../ui/Names';
import { Empty, Failure, Loading } from '../../ui/States';
import { CaseLink } from './CaseLink';

const STATES = ['open', 'acknowledged', 'resolved'] as const;

export function Cases() {
  const { t } = useAround();
  const [search, choose] = useFilters();
  const state = search.get('state') ?? 'open';
  const naming = search.get('naming');
  const filters = { state: state === 'all' ? null : state, naming };
  const asked = useWhole<CaseShape>('/api/v1/cases', filters, { every: 10_000, most: 400 });
  return (
    <>
      <Head title={t('nav_cases')} />
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      <Card>
        <div className="filters">
          <div className="views" role="group" aria-label={t('filter_state')}>
            {[...STATES, 'all'].map((one) => (
              <button
                key={one}
                type="button"
                aria-pressed={state === one}
                onClick={() => choose('state', one)}
              >
                {named(t, 'state', one)}
              </button>
            ))}
          </div>
          {naming !== null && (
            <p className="small">
              {t('cases_naming')}{' '}
              <button type="button" className="link" onClick={() => choose('naming', '')}>
                {t('cases_naming_off')}
              </button>
            </p>
          )}
        </div>
        {asked.isLoading && <Loading rows={6} />}
        {asked.data?.items.length === 0 && (
          <Empty icon="check" title={state === 'open' ? t('cases_none_open') : t('none_found')} />
        )}
        <ul className="rows">
          {asked.data?.items.map((one) => (
            <li key={one.id}>
              <CaseLink one={one} />
              <p className="row-under small">
                {one.station_id !== null && <StationName id={one.station_id} />}{' '}
                {one.account_id !== null && <AccountName id={one.account_id} />}
              </p>
            </li>
          ))}
        </ul>
      </Card>
    </>
  );
}
