/** A voucher: for which stations, until when, how often; then its picture, once. */
import { lazy, Suspense, useState } from 'react';
import { useAround } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import { useWhole } from '../../api/queries';
import type { AccountShape, StationShape, VoucherIssued } from '../../api/shapes';
import { named } from '../../i18n/words';
import { dayIn, endOf } from '../../lib/days';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Kept } from '../../ui/Kept';
import { Once } from '../../ui/Once';
import { Select } from '../../ui/Select';
import { Sheet } from '../../ui/Sheet';
import { Loading } from '../../ui/States';
import { Ticks } from '../../ui/Ticks';

const QrPicture = lazy(() => import('../../ui/QrPicture').then((module) => ({ default: module.QrPicture })));
const MAY = ['rent', 'charge'] as const;

interface NewVoucherProps {
  readonly account: AccountShape;
  readonly close: () => void;
}

export function NewVoucher({ account, close }: NewVoucherProps) {
  const { t } = useAround();
  const [issued, setIssued] = useState<VoucherIssued | null>(null);
  return (
    <Sheet title={`${t('voucher_add')}: ${account.display_name}`} close={close}>
      {issued === null ? (
        <Issuing account={account} done={setIssued} close={close} />
      ) : (
        <div className="form" data-testid="voucher-issued">
          <p className="notice">{t('voucher_once')}</p>
          <Suspense fallback={<Loading rows={4} />}>
            <QrPicture text={issued.text} label={t('voucher_picture')} />
          </Suspense>
          <Once label={t('voucher_text')} secret={issued.text} />
          <Kept words={t('once_kept')} close={close} />
        </div>
      )}
    </Sheet>
  );
}

interface IssuingProps extends NewVoucherProps {
  readonly done: (issued: VoucherIssued) => void;
}

function Issuing({ account, done, close }: IssuingProps) {
  const { t } = useAround();
  const [station, setStation] = useState('');
  const [may, setMay] = useState<readonly string[]>(['rent']);
  const [until, setUntil] = useState(() => dayIn(1));
  const [uses, setUses] = useState('1');
  const stations = useWhole<StationShape>('/api/v1/stations', {}, { stale: 120_000 }).data?.items ?? [];
  const deed = useDeed<VoucherIssued>();
  const fieldError = useFieldError(deed.error);
  const submit = () => {
    const where = station === '' ? {} : { stations: [station] };
    const body = { account_id: account.id, may, expires: endOf(until), max_uses: Number(uses), ...where };
    deed.run('/api/v1/vouchers', { method: 'POST', body }, done);
  };
  const places = stations.map((one) => ({ id: one.id, name: `${one.number} ${one.name}` }));
  return (
    <form
      className="form"
      data-testid="new-voucher"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Select label={t('col_station')} value={station} onChange={setStation} none={t('voucher_everywhere')} choices={places} error={fieldError('/stations')} />
      <Ticks legend={t('field_may')} choices={MAY.map((id) => ({ id, name: named(t, 'may', id) }))} chosen={may} choose={setMay} error={fieldError('/may')} />
      <Field label={t('field_expires')} type="date" required value={until} onChange={setUntil} error={fieldError('/expires')} />
      <Field label={t('field_max_uses')} type="number" min={1} max={1000} required value={uses} onChange={setUses} error={fieldError('/max_uses')} />
      <FormFoot error={deed.error} isBusy={deed.isBusy} isBlocked={may.length === 0 || until === ''} act={t('voucher_add')} close={close} />
    </form>
  ); // prettier-ignore
}
