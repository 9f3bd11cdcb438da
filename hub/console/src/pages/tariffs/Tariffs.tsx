/** Tariffs with the prices in force, and what each costs for a trip that one may choose. */
import { Link } from 'react-router';
import { useAround } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { TariffShape } from '../../api/shapes';
import { useNow } from '../../lib/clock';
import { named } from '../../i18n/words';
import { versionAt, versionsOf } from '../../lib/tariffs';
import { Card, Head } from '../../ui/Head';
import { Empty, Failure, Loading } from '../../ui/States';

export function Tariffs() {
  const { t, f } = useAround();
  const now = useNow(60);
  const asked = useWhole<TariffShape>('/api/v1/tariffs', {}, { every: 30_000 });
  const items = asked.data?.items ?? [];
  return (
    <>
      <Head title={t('nav_tariffs')} />
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.isLoading && <Loading rows={4} />}
      {asked.data !== undefined && items.length === 0 && <Empty icon="tariff" title={t('none_found')} />}
      <div className="cards">
        {items.map((one) => {
          const current = versionAt(one, now);
          const next = versionsOf(one).find((version) => Date.parse(version.valid_from) > now);
          const money = (minor: number) => f.money({ minor, currency: one.currency });
          return (
            <Card
              key={one.id}
              title={<Link to={`/tariffs/${one.id}`}>{one.name}</Link>}
              aside={<span className="muted">{named(t, 'use', one.use)}</span>}
            >
              {current === undefined ? (
                <p className="muted">{t('tariff_not_yet')}</p>
              ) : (
                <p className="tariff-line">
                  {one.use === 'charging'
                    ? t('tariff_kwh', { price: money(current.prices.per_kwh_minor) })
                    : t('tariff_ride', {
                        unlock: money(current.prices.unlock_minor),
                        minute: money(current.prices.per_minute_minor),
                      })}
                </p>
              )}
              <p className="small muted">
                {current !== undefined &&
                  t('version_since', { number: current.version, time: f.when(current.valid_from) })}
                {next !== undefined &&
                  ` · ${t('version_next', { number: next.version, time: f.when(next.valid_from) })}`}
              </p>
            </Card>
          );
        })}
      </div>
    </>
  );
}
