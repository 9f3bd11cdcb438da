/** Whether the account may be used at all: closed, opened again, a lost second factor taken away; each with a reason. */
import { useState } from 'react';
import { useAround, useMe } from '../../app/context';
import type { AccountShape } from '../../api/shapes';
import { ReasonSheet } from '../../ui/ReasonSheet';

type Deed = 'close' | 'open' | 'factor_off';

const ROUTES: Readonly<Record<Deed, string>> = {
  close: 'deactivate',
  open: 'reactivate',
  factor_off: 'remove-second-factor',
};

export function Access({ one }: { readonly one: AccountShape }) {
  const { t } = useAround();
  const me = useMe();
  const [deed, setDeed] = useState<Deed | null>(null);
  const isMe = me.id === one.id;
  return (
    <>
      {!isMe && (
        <button type="button" className="button" onClick={() => setDeed('factor_off')}>
          {t('person_factor_off')}
        </button>
      )}
      {one.active && !isMe && (
        <button type="button" className="button danger" onClick={() => setDeed('close')}>
          {t('person_close')}
        </button>
      )}
      {!one.active && (
        <button type="button" className="button primary" onClick={() => setDeed('open')}>
          {t('person_open')}
        </button>
      )}
      {deed !== null && (
        <ReasonSheet
          title={`${t(`person_${deed}`)}: ${one.display_name}`}
          act={t(`person_${deed}`)}
          path={`/api/v1/accounts/${one.id}/${ROUTES[deed]}`}
          close={() => setDeed(null)}
          isDanger={deed !== 'open'}
        >
          <p className="muted">{t(deed === 'factor_off' ? 'person_factor_what' : `person_${deed}_what`)}</p>
        </ReasonSheet>
      )}
    </>
  );
}
