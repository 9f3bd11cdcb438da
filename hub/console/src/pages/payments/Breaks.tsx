/** Where rental, ledger and gateway differ, with what each of the two books says; closed by a person with a reason. */
import { useState } from 'react';
import { Link } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useWhole } from '../../api/queries';
import type { BreakShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { Card } from '../../ui/Head';
import { ReasonSheet } from '../../ui/ReasonSheet';
import { Failure, Loading } from '../../ui/States';

export function Breaks() {
  const { t } = useAround();
  const breaks = useWhole<BreakShape>('/api/v1/breaks', { state: 'open' }, { every: 30_000, most: 100 });
  return (
    <Card title={t('breaks')} testId="breaks">
      {breaks.isLoading && <Loading rows={2} />}
      {breaks.error !== null && <Failure error={breaks.error} again={() => void breaks.refetch()} />}
      {breaks.data?.items.length === 0 && <p className="muted">{t('breaks_none')}</p>}
      <ul className="rows">
        {breaks.data?.items.map((one) => (
          <Break key={one.id} one={one} />
        ))}
      </ul>
    </Card>
  );
}

function Break({ one }: { one: BreakShape }) {
  const { t, f } = useAround();
  const may = useMay();
  const [isOpen, setOpen] = useState(false);
  const amount = (minor: number | null): string =>
    minor === null || one.currency === null ? '–' : f.money({ minor, currency: one.currency });
  const words = t('break_line', { expected: amount(one.expected_minor), actual: amount(one.actual_minor) });
  return (
    <li className="item">
      <div className="item-words">
        <p className="strong">{named(t, 'break', one.kind)}</p>
        <p className="small muted">
          {words}
          {one.gateway !== null && ` · ${one.gateway}`} · {f.when(one.since_at)}
          {one.subject_id !== null && (
            <>
              {' · '}
              <Link to={`/rentals/${one.subject_id}`}>{t('show')}</Link>
            </>
          )}
        </p>
      </div>
      {may('reconciliation:write') && (
        <button type="button" className="button" onClick={() => setOpen(true)}>
          {t('break_close')}
        </button>
      )}
      {isOpen && (
        <ReasonSheet
          title={`${t('break_close')}: ${named(t, 'break', one.kind)}`}
          act={t('break_close')}
          path={`/api/v1/breaks/${one.id}/close`}
          close={() => setOpen(false)}
        >
          <p className="muted">{t('break_close_what')}</p>
          <p>{words}</p>
        </ReasonSheet>
      )}
    </li>
  );
}
