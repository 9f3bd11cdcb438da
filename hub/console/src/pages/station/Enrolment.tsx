/** A station that has never been heard of: make a code, type it at the station, and it comes up here by itself. */
import { useAround, useMay } from '../../app/context';
import { useDeed } from '../../app/deeds';
import type { StationDetail } from '../../api/shapes';
import { Card } from '../../ui/Head';
import { Failure } from '../../ui/States';

interface Code {
  readonly code: string;
  readonly expires_at: string;
}

export function Enrolment({ station }: { station: StationDetail }) {
  const { t, f } = useAround();
  const may = useMay();
  const deed = useDeed<Code>();
  const ask = () =>
    deed.run('/api/v1/stations/enrolment-codes', { method: 'POST', body: { station_id: station.id } });
  return (
    <Card title={t('enrol_title')} className="narrow">
      <ol className="steps">
        <li>{t('enrol_step_1')}</li>
        <li>
          {t('enrol_step_2')}
          <pre className="mono code">{`voltdock-edge enrol --hub ${window.location.origin} --code ${deed.value?.code ?? '…'}`}</pre>
        </li>
        <li>{t('enrol_step_3')}</li>
      </ol>
      {deed.error !== null && <Failure error={deed.error} />}
      {deed.value !== undefined && (
        <p className="notice">
          {t('enrol_code')} <strong className="mono big">{deed.value.code}</strong>{' '}
          {t('enrol_until', { time: f.when(deed.value.expires_at) })}
        </p>
      )}
      {may('stations:enrol') ? (
        <button type="button" className="button primary" disabled={deed.isBusy} onClick={ask}>
          {deed.value === undefined ? t('enrol_make') : t('enrol_make_another')}
        </button>
      ) : (
        <p className="muted">{t('enrol_forbidden')}</p>
      )}
    </Card>
  );
}
