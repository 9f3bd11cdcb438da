/** One case: what was seen, whom it is about, what was done, and what a person can do about it. */
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { useAround, useMay } from '../../app/context';
import { useDeed, useFieldError } from '../../app/deeds';
import { useAsk } from '../../api/queries';
import type { CaseShape } from '../../api/shapes';
import { named } from '../../i18n/words';
import { Field } from '../../ui/Field';
import { FormFoot } from '../../ui/Form';
import { Card, Head } from '../../ui/Head';
import { AccountName, short, StationName, VehicleName } from '../../ui/Names';
import { Sheet } from '../../ui/Sheet';
import { Failure, Loading } from '../../ui/States';
import { CaseState } from './CaseState';

type Deed = 'acknowledge' | 'resolve' | 'there' | 'gone';

/** Cases about what somebody pays: their page leads to the bill, where it is corrected. */
const BILLED = new Set([
  'overflow_return', 'wrong_bill', 'corrected_bill_changed', 'refund_declined', 'payment_declined', 'no_payment_method',
]); // prettier-ignore

function billLink(one: CaseShape): string {
  const cause = one.kind === 'overflow_return' ? '?cause=parked_unconfirmed' : '';
  return `/payments/bills/${one.rental_id ?? one.about}${cause}`;
}

export function Case() {
  const { caseId = '' } = useParams();
  const asked = useAsk<CaseShape>(`/api/v1/cases/${caseId}`, { every: 10_000 });
  if (asked.data === undefined) {
    if (asked.isError) return <Failure error={asked.error} again={() => void asked.refetch()} />;
    return <Loading rows={6} />;
  }
  return <Shown one={asked.data} />;
}

function Shown({ one }: { one: CaseShape }) {
  const { t, f } = useAround();
  const may = useMay();
  const [act, setAct] = useState<Deed | null>(null);
  const asksToLook = one.kind === 'overflow_return' && one.state !== 'resolved' && may('cases:look');
  return (
    <>
      <Head
        title={named(t, 'case', one.kind)}
        under={
          <>
            <CaseState one={one} />
            <span className="muted">{t('case_since', { time: f.when(one.opened_at) })}</span>
            {one.state !== 'resolved' && !one.standing && (
              <span className="muted">{t('case_not_standing')}</span>
            )}
          </>
        }
      >
        {asksToLook && (
          <>
            <button type="button" className="button" onClick={() => setAct('there')}>
              {t('case_there')}
            </button>
            <button type="button" className="button" onClick={() => setAct('gone')}>
              {t('case_gone')}
            </button>
          </>
        )}
        {may('payments:read') && BILLED.has(one.kind) && (
          <Link className="button" to={billLink(one)}>
            {t('case_to_bill')}
          </Link>
        )}
        {may('cases:write') && one.state === 'open' && (
          <button type="button" className="button" onClick={() => setAct('acknowledge')}>
            {t('case_acknowledge')}
          </button>
        )}
        {may('cases:write') && one.state !== 'resolved' && (
          <button type="button" className="button primary" onClick={() => setAct('resolve')}>
            {t('case_resolve')}
          </button>
        )}
      </Head>
      <div className="station">
        <Card title={t('case_history')}>
          <History one={one} />
        </Card>
        <Card title={t('case_about')}>
          <About one={one} />
        </Card>
      </div>
      {act !== null && <Act one={one} act={act} close={() => setAct(null)} />}
    </>
  );
}

function History({ one }: { one: CaseShape }) {
  const { t, f } = useAround();
  return (
    <ol className="log">
      {one.history.map((note) => (
        <li key={note.at + note.what}>
          <time dateTime={note.at}>{f.when(note.at)}</time>
          <div>
            <p>
              <strong>{named(t, 'note', note.what)}</strong>{' '}
              {note.by !== null && <AccountName id={note.by} />}
            </p>
            {note.why !== '' && <p className="small muted">{note.why}</p>}
          </div>
        </li>
      ))}
    </ol>
  );
}

function About({ one }: { one: CaseShape }) {
  const { t } = useAround();
  const seen = Object.entries(one.seen).filter(([, value]) => typeof value !== 'object');
  return (
    <dl className="pairs wide">
      {one.station_id !== null && (
        <>
          <dt>{t('col_station')}</dt>
          <dd>
            <StationName id={one.station_id} />
          </dd>
        </>
      )}
      {one.account_id !== null && (
        <>
          <dt>{t('col_person')}</dt>
          <dd>
            <AccountName id={one.account_id} />
          </dd>
        </>
      )}
      {one.rental_id !== null && (
        <>
          <dt>{t('nav_rentals')}</dt>
          <dd>
            <Link to={`/rentals/${one.rental_id}`}>{short(one.rental_id)}</Link>
          </dd>
        </>
      )}
      {Object.entries(one.subjects).map(([name, id]) => (
        <div key={name} className="entry">
          <dt>{named(t, 'names', name)}</dt>
          <dd>
            <Named name={name} id={id} />
          </dd>
        </div>
      ))}
      {seen.map(([name, value]) => (
        <div key={name} className="entry">
          <dt>{name.replaceAll('_', ' ')}</dt>
          <dd className="mono">{String(value as string | number | boolean)}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What a case names beside its ride, as a link where it has a page. */
function Named({ name, id }: { name: string; id: string }) {
  if (name === 'vehicle_id') return <VehicleName id={id} />;
  if (name === 'staff_id') return <AccountName id={id} />;
  if (name === 'reservation_id') return <Link to={`/reservations?open=${id}`}>{short(id)}</Link>;
  return <span className="mono">{short(id)}</span>;
}

interface ActProps {
  readonly one: CaseShape;
  readonly act: Deed;
  readonly close: () => void;
}

/** Where each deed goes, which field the words are, and what they answer. */
const DEEDS = {
  acknowledge: { path: 'acknowledge', field: 'note', asks: 'case_note', also: {} },
  resolve: { path: 'resolve', field: 'why', asks: 'case_why', also: {} },
  there: { path: 'finding', field: 'why', asks: 'case_found', also: { vehicle_there: true } },
  gone: { path: 'finding', field: 'why', asks: 'case_found', also: { vehicle_there: false } },
} as const;

function Act({ one, act, close }: ActProps) {
  const { t } = useAround();
  const [text, setText] = useState('');
  const deed = useDeed<CaseShape>();
  const fieldError = useFieldError(deed.error);
  const { path, field, asks, also } = DEEDS[act];
  return (
    <Sheet title={t(`case_${act}`)} close={close}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          deed.run(
            `/api/v1/cases/${one.id}/${path}`,
            { method: 'POST', body: { [field]: text, ...also } },
            close,
          );
        }}
      >
        <Field
          label={t(asks)}
          help={act === 'gone' ? t('case_gone_help') : t('reason_help')}
          value={text}
          onChange={setText}
          error={fieldError(`/${field}`)}
        />
        <FormFoot error={deed.error} isBusy={deed.isBusy} act={t(`case_${act}`)} close={close} />
      </form>
    </Sheet>
  );
}
