/** Keys for machines: what each may, when it was used last, until when it is good; revoked at once. */
import { useState } from 'react';
import { useAround, useMe } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { KeyRow } from '../../api/shapes';
import { useNow } from '../../lib/clock';
import { Chip } from '../../ui/Chip';
import { DeedButton } from '../../ui/DeedButton';
import { Card } from '../../ui/Head';
import { Icon } from '../../ui/Icon';
import { Failure, Loading } from '../../ui/States';
import { NewKey } from './NewKey';

const PATH = '/api/v1/api-keys';

export function ApiKeys() {
  const { t } = useAround();
  const me = useMe();
  const [isMaking, setMaking] = useState(false);
  const asked = useWhole<KeyRow>(PATH, {}, { most: 400 });
  const mine = (asked.data?.items ?? []).filter((one) => one.account_id === me.id);
  return (
    <Card
      title={t('keys')}
      testId="api-keys"
      aside={
        <button type="button" className="button" onClick={() => setMaking(true)}>
          <Icon name="plus" size={16} />
          {t('key_make')}
        </button>
      }
    >
      {asked.isLoading && <Loading rows={3} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.data !== undefined && mine.length === 0 && <p className="muted">{t('keys_none')}</p>}
      <ul className="rows">
        {mine.map((one) => (
          <KeyItem key={one.id} one={one} />
        ))}
      </ul>
      {isMaking && <NewKey close={() => setMaking(false)} />}
    </Card>
  );
}

function KeyItem({ one }: { one: KeyRow }) {
  const { t, f } = useAround();
  const isOver = Date.parse(one.expires_at) < useNow(60);
  const isGood = one.revoked_at === null && !isOver;
  const used =
    one.last_used_at === null ? t('key_unused') : t('key_used', { time: f.when(one.last_used_at) });
  return (
    <li className="item">
      <div className="item-words">
        <p className="strong">
          {one.name} <span className="mono muted">{one.prefix}…</span>{' '}
          {!isGood && <Chip tone="plain">{isOver ? t('key_over') : t('key_revoked')}</Chip>}
        </p>
        <p className="small muted">
          {t('key_until', { time: f.day(one.expires_at) })} · {used}
        </p>
        <p className="small mono">{one.scopes.join(', ')}</p>
      </div>
      {isGood && (
        <DeedButton path={`${PATH}/${one.id}`} asked={{ method: 'DELETE' }} isDanger>
          {t('key_revoke')}
          <span className="sr-only"> {one.name}</span>
        </DeedButton>
      )}
    </li>
  );
}
