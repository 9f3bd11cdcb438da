/** A charging session, whose list is plain; it leads on to what it is part of. */
import { useParams } from 'react-router';
import { useAround } from '../../app/context';
import { useAsk } from '../../api/queries';
import type { ChargingRow } from '../../api/shapes';
import { named } from '../../i18n/words';
import { BillTable } from '../../ui/BillTable';
import { Chip } from '../../ui/Chip';
import { Card, Head } from '../../ui/Head';
import { AccountName, StationName } from '../../ui/Names';
import { Pairs } from '../../ui/Pairs';
import { Failure, Loading } from '../../ui/States';
import { BillPapers } from '../payments/BillPapers';
import { Corrections } from '../payments/Corrections';

export function ChargingSession() {
  const { t, f } = useAround();
  const { sessionId = '' } = useParams();
  const asked = useAsk<ChargingRow>(`/api/v1/charging-sessions/${sessionId}`, { every: 5_000 });
  const one = asked.data;
  if (one === undefined) {
    return asked.isError ? (
      <Failure error={asked.error} again={() => void asked.refetch()} />
    ) : (
      <Loading rows={6} />
    );
  }
  return (
    <>
      <Head
        title={t('charging_title', { charger: one.charger_id ?? '–' })}
        under={<Chip tone={one.state === 'running' ? 'sky' : 'plain'}>{named(t, 'state', one.state)}</Chip>}
      />
      <div className="station">
        <Card title={t('charging_session')}>
          <Pairs
            pairs={[
              [t('col_station'), <StationName key="s" id={one.station_id} />],
              [t('charger_place', { number: one.connector_no ?? 1 }), one.charger_id],
              [t('col_person'), <AccountName key="a" id={one.account_id} />],
              [t('col_from'), one.started_at === null ? null : f.when(one.started_at)],
              [t('col_until'), one.stopped_at === null ? null : f.when(one.stopped_at)],
              [t('col_energy'), one.energy_wh === null ? null : f.kwh(one.energy_wh)],
              [t('col_end'), one.stop_reason],
            ]}
          />
        </Card>
        <Card title={t('bill')}>
          {one.bill === null || one.total === null ? (
            <p className="muted">{t('not_billed')}</p>
          ) : (
            <>
              <BillTable lines={one.bill} total={one.total} tax={null} />
              <Corrections billId={one.id} />
              <BillPapers billId={one.id} />
            </>
          )}
        </Card>
      </div>
    </>
  );
}
