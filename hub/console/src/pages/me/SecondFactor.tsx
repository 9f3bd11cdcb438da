/** The second factor: whether it is on, how many recovery codes are left, and what can be done about it. */
import { useState } from 'react';
import { useAround } from '../../app/context';
import { useAsk } from '../../api/queries';
import type { SecondFactorShape } from '../../api/shapes';
import { Chip } from '../../ui/Chip';
import { Card } from '../../ui/Head';
import { Failure, Loading } from '../../ui/States';
import { FactorProof } from './FactorProof';
import { FactorSetUp } from './FactorSetUp';

const FEW = 3;

export function SecondFactor() {
  const { t } = useAround();
  const [open, setOpen] = useState<'set-up' | 'codes' | 'off' | null>(null);
  const asked = useAsk<SecondFactorShape>('/api/v1/me/second-factor');
  const close = () => setOpen(null);
  return (
    <Card
      title={t('factor')}
      testId="second-factor-card"
      aside={
        asked.data !== undefined && (
          <Chip tone={asked.data.enabled ? 'good' : 'amber'}>
            {asked.data.enabled ? t('factor_on') : t('factor_off')}
          </Chip>
        )
      }
    >
      {asked.isLoading && <Loading rows={2} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.data?.enabled === false && (
        <>
          <p className="muted">{t('factor_why')}</p>
          <div className="card-acts">
            <button type="button" className="button primary" onClick={() => setOpen('set-up')}>
              {t('factor_set_up')}
            </button>
          </div>
        </>
      )}
      {asked.data?.enabled === true && <On factor={asked.data} open={setOpen} />}
      {open === 'set-up' && <FactorSetUp close={close} />}
      {(open === 'codes' || open === 'off') && <FactorProof to={open} close={close} />}
    </Card>
  );
}

function On({ factor, open }: { factor: SecondFactorShape; open: (what: 'codes' | 'off') => void }) {
  const { t, f } = useAround();
  const left = factor.recovery_codes_left;
  return (
    <>
      <p className={left < FEW ? 'notice amber' : 'muted'}>
        {factor.since !== null && t('factor_since', { time: f.when(factor.since) })}{' '}
        {t('recovery_left', { count: left })}
      </p>
      <div className="card-acts">
        <button type="button" className="button" onClick={() => open('codes')}>
          {t('recovery_new')}
        </button>
        <button type="button" className="button danger" onClick={() => open('off')}>
          {t('factor_turn_off')}
        </button>
      </div>
    </>
  );
}
