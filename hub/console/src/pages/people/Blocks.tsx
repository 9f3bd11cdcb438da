/** What keeps somebody from riding: blocks by hand and by cases, set and lifted with a reason. */
import { useState } from 'react';
import { Link } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { AccountShape, BlockShape } from '../../api/shapes';
import { Chip } from '../../ui/Chip';
import { DeedButton } from '../../ui/DeedButton';
import { Card } from '../../ui/Head';
import { AccountName } from '../../ui/Names';
import { ReasonSheet } from '../../ui/ReasonSheet';
import { Failure, Loading } from '../../ui/States';

const PATH = '/api/v1/account-blocks';

export function Blocks({ account }: { readonly account: AccountShape }) {
  const { t } = useAround();
  const may = useMay();
  const [isOpen, setOpen] = useState(false);
  const asked = useWhole<BlockShape>(PATH, { account_id: account.id }, { every: 15_000, most: 200 });
  const blocks = asked.data?.items ?? [];
  return (
    <Card
      title={
        <>
          {t('blocks')} {blocks.length > 0 && <Chip tone="coral">{t('blocked')}</Chip>}
        </>
      }
      testId="blocks"
      aside={
        may('blocks:write') && (
          <button type="button" className="button danger" onClick={() => setOpen(true)}>
            {t('block_add')}
          </button>
        )
      }
    >
      {asked.isLoading && <Loading rows={1} />}
      {asked.error !== null && <Failure error={asked.error} again={() => void asked.refetch()} />}
      {asked.data !== undefined && blocks.length === 0 && <p className="muted">{t('blocks_none')}</p>}
      <ul className="rows">
        {blocks.map((one) => (
          <Block key={one.id} one={one} />
        ))}
      </ul>
      {isOpen && (
        <ReasonSheet
          title={t('block_add_title', { name: account.display_name })}
          act={t('block_add')}
          path={PATH}
          field="why"
          body={{ account_id: account.id }}
          close={() => setOpen(false)}
          isDanger
        >
          <p className="muted">{t('block_what')}</p>
        </ReasonSheet>
      )}
    </Card>
  );
}

function Block({ one }: { one: BlockShape }) {
  const { t, f } = useAround();
  const may = useMay();
  return (
    <li className="item">
      <div className="item-words">
        <p className="strong">{one.why}</p>
        <p className="small muted">
          {f.when(one.created_at)}
          {one.by !== null && (
            <>
              {' · '}
              <AccountName id={one.by} />
            </>
          )}
          {one.case_id !== null && (
            <>
              {' · '}
              <Link to={`/cases/${one.case_id}`}>{t('block_by_case')}</Link>
            </>
          )}
        </p>
      </div>
      {may('blocks:write') && one.case_id === null && (
        <DeedButton path={`${PATH}/${one.id}/lift`} asked={{ method: 'POST' }}>
          {t('block_lift')}
        </DeedButton>
      )}
    </li>
  );
}
