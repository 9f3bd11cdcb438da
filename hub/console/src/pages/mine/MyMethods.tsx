/** How one pays: the newest is used for what is collected; one that is taken off is not used any more. */
import { useAround, useMay } from '../../app/context';
import { useAsk } from '../../api/queries';
import type { MethodShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { DeedButton } from '../../ui/DeedButton';
import { Card } from '../../ui/Head';
import { Failure, Loading } from '../../ui/States';

export function MyMethods() {
  const { t } = useAround();
  const may = useMay()('payment_methods:own');
  const asked = useAsk<{ readonly items: readonly MethodShape[] }>('/api/v1/payment-methods', {
    enabled: may,
  });
  if (!may) return null;
  return (
    <Card title={t('mine_methods')} testId="my-methods">
      {asked.isLoading && <Loading rows={1} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.data?.items.length === 0 && <p className="muted">{t('mine_no_methods')}</p>}
      <ul className="rows">
        {asked.data?.items.map((one, index) => (
          <li key={one.id} className="item">
            <div className="item-words">
              <p className="strong">{one.label}</p>
              <p className="small muted">
                {named(t, 'gateway', one.gateway)}
                {index === 0 && ` · ${t('mine_method_used')}`}
              </p>
            </div>
            <DeedButton path={`/api/v1/payment-methods/${one.id}`} asked={{ method: 'DELETE' }}>
              {t('mine_method_remove')}
              <span className="sr-only"> {one.label}</span>
            </DeedButton>
          </li>
        ))}
      </ul>
    </Card>
  );
}
