/** What a bill was corrected by, what is owed after all, and the way to correct it; beside the bill wherever it is shown. */
import { useState } from 'react';
import { Refusal } from '../../api/client';
import { useAround, useMay } from '../../app/context';
import { useAsk, useWhole } from '../../api/queries';
import type { AdjustmentShape, BillShape } from '../../api/shapes';
import { leftOf } from '../../lib/corrections';
import { State } from '../../plain/cells';
import { DeedButton } from '../../ui/DeedButton';
import { AccountName } from '../../ui/Names';
import { Pairs } from '../../ui/Pairs';
import { Failure } from '../../ui/States';
import { CorrectBill } from './CorrectBill';
import { CorrectionWords } from './CorrectionWords';

interface CorrectionsProps {
  readonly billId: string;
  /** Opens the sheet at once, with this cause. */
  readonly cause?: string | undefined;
}

const LIVE_MS = 5_000;
/** What could not be moved, and is tried once more only when a person says so. */
const DECLINED = { overpaid: 'overpaid_what', unpaid: 'unpaid_what' } as const;
type Declined = keyof typeof DECLINED;

export function Corrections({ billId, cause }: CorrectionsProps) {
  const may = useMay()('payments:read');
  const bill = useAsk<BillShape>(`/api/v1/bills/${billId}`, { enabled: may, every: LIVE_MS });
  const asked = { enabled: may, every: LIVE_MS, most: 200 };
  const lines = useWhole<AdjustmentShape>('/api/v1/adjustments', { bill_id: billId }, asked);
  // A ride that was never billed has none; a hub of before does not know the question.
  if (!may || (bill.error instanceof Refusal && bill.error.problem.status === 404)) return null;
  const error = bill.error ?? lines.error;
  if (error !== null) return <Failure error={error} again={() => void bill.refetch()} />;
  if (bill.data === undefined || lines.data === undefined) return null;
  return <Shown bill={bill.data} lines={lines.data.items} cause={cause} />;
}

interface ShownProps {
  readonly bill: BillShape;
  readonly lines: readonly AdjustmentShape[];
  readonly cause: string | undefined;
}

function Shown({ bill, lines, cause }: ShownProps) {
  const { t, f } = useAround();
  const mayCorrect = useMay()('bills:adjust');
  const opened = cause !== undefined && mayCorrect ? 'bill' : null;
  const [open, setOpen] = useState<AdjustmentShape | 'bill' | null>(opened);
  const money = (minor: number) => f.money({ minor, currency: bill.currency });
  const owed = lines.length > 0 ? [[t('owed'), money(bill.owed_minor)] as const] : [];
  return (
    <div className="corrections" data-testid="corrections">
      <ul className="rows">
        {lines.map((one) => (
          <Line
            key={one.id}
            one={one}
            takeBack={mayCorrect && one.kind === 'charge' && leftOf(one, lines) > 0 ? setOpen : undefined}
          />
        ))}
      </ul>
      <Pairs
        pairs={[
          ...owed,
          [t('correct_paid'), money(bill.paid_minor)],
          [t('col_state'), <State key="s" code={bill.state} family="bill" />],
        ]}
      />
      {bill.state in DECLINED && <p className="small">{t(DECLINED[bill.state as Declined])}</p>}
      {mayCorrect && (
        <div className="actions">
          {bill.state in DECLINED && (
            <DeedButton path={`/api/v1/bills/${bill.id}/collection`} asked={{ method: 'POST' }}>
              {t('collect_again')}
            </DeedButton>
          )}
          <button type="button" className="button" onClick={() => setOpen('bill')}>
            {t('correct')}
          </button>
        </div>
      )}
      {open !== null && (
        <CorrectBill
          bill={bill}
          lines={lines}
          of={open === 'bill' ? undefined : open}
          cause={open === 'bill' ? cause : undefined}
          close={() => setOpen(null)}
        />
      )}
    </div>
  );
}

interface LineProps {
  readonly one: AdjustmentShape;
  readonly takeBack: ((one: AdjustmentShape) => void) | undefined;
}

function Line({ one, takeBack }: LineProps) {
  const { t, f } = useAround();
  return (
    <li className="item" data-testid="correction">
      <CorrectionWords one={one}>
        {one.note !== null && <p className="small muted">{one.note}</p>}
        <p className="small muted">
          {f.when(one.created_at)}
          {one.made_by !== null && (
            <>
              {' · '}
              <AccountName id={one.made_by} />
            </>
          )}
        </p>
      </CorrectionWords>
      {takeBack !== undefined && (
        <button type="button" className="button" onClick={() => takeBack(one)}>
          {t('correction_take_back')}
        </button>
      )}
    </li>
  );
}
