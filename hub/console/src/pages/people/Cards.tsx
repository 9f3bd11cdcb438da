/** The cards by which the stations know somebody; blocked and allowed again at once. */
import { useState } from 'react';
import { useAround, useMay } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { AccountShape, CardShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { Chip } from '../../ui/Chip';
import { DeedButton } from '../../ui/DeedButton';
import { Card } from '../../ui/Head';
import { Failure, Loading } from '../../ui/States';
import { Hearing } from './Hearing';
import { NewCard } from './NewCard';

export function Cards({ account }: { readonly account: AccountShape }) {
  const { t } = useAround();
  const may = useMay();
  const [isOpen, setOpen] = useState(false);
  const asked = useWhole<CardShape>('/api/v1/cards', { account_id: account.id });
  return (
    <Card
      title={t('cards')}
      testId="cards"
      aside={
        may('cards:write') && (
          <button type="button" className="button" onClick={() => setOpen(true)}>
            {t('card_add')}
          </button>
        )
      }
    >
      {asked.isLoading && <Loading rows={1} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.data?.items.length === 0 && <p className="muted">{t('cards_none')}</p>}
      <ul className="rows">
        {asked.data?.items.map((one) => (
          <Item key={one.id} one={one} />
        ))}
      </ul>
      {(asked.data?.items.length ?? 0) > 0 && <Hearing />}
      {isOpen && <NewCard account={account} close={() => setOpen(false)} />}
    </Card>
  );
}

function Item({ one }: { one: CardShape }) {
  const { t, f } = useAround();
  const may = useMay();
  const asked = { method: 'PATCH', body: { blocked: !one.blocked } } as const;
  return (
    <li className="item">
      <div className="item-words">
        <p className="strong">
          <span className="mono">{one.uid}</span> {one.blocked && <Chip tone="coral">{t('blocked')}</Chip>}
        </p>
        <p className="small muted">
          {one.may.map((deed) => named(t, 'may', deed)).join(', ')}
          {one.valid_to !== null && ` · ${t('key_until', { time: f.day(one.valid_to) })}`}
        </p>
      </div>
      {may('cards:write') && (
        <DeedButton path={`/api/v1/cards/${one.id}`} asked={asked} isDanger={!one.blocked}>
          {one.blocked ? t('card_allow') : t('card_block')}
          <span className="sr-only"> {one.uid}</span>
        </DeedButton>
      )}
    </li>
  );
}
