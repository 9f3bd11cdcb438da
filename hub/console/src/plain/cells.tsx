/** How the cells of plain lists are shown: instants, money, states, and names that lead somewhere. */
import type { ReactNode } from 'react';
import type { RaRecord } from 'react-admin';
import { Link } from 'react-router';
import { useAround, useMay } from '../app/context';
import { useDeed } from '../app/deeds';
import { named } from '../i18n/words';
import type { Money } from '../lib/format';
import { roleWords } from '../lib/roles';
import { Chip, type Tone } from '../ui/Chip';
import { AccountName, short, StationName, VehicleName } from '../ui/Names';
import type { Tools } from './PlainList';

type Show = (row: RaRecord, tools: Tools) => ReactNode;

export function text(row: RaRecord, source: string): string | null {
  const value: unknown = row[source];
  return typeof value === 'string' && value !== '' ? value : null;
}

export function instant(source: string): Show {
  return (row, { f }) => {
    const at = text(row, source);
    return at === null ? (
      '–'
    ) : (
      <time dateTime={at} title={f.exact(at)}>
        {f.when(at)}
      </time>
    );
  };
}

/** Minor units in one field, the currency in another. */
export function minor(source: string, currency = 'currency'): Show {
  return (row, { f }) => f.money({ minor: Number(row[source]), currency: text(row, currency) ?? 'XXX' });
}

export function money(source: string): Show {
  return (row, { f }) => {
    const value = row[source] as Money | null;
    return value === null ? '–' : f.money(value);
  };
}

const TONES: Readonly<Record<string, Tone>> = {
  active: 'sky', running: 'sky', requested: 'sky', waiting: 'sky', collecting: 'sky', acknowledged: 'sky',
  ended: 'plain', paid: 'good', confirmed: 'good', done: 'good', applied: 'good', succeeded: 'good', resolved: 'good',
  open: 'amber', unpaid: 'coral', overpaid: 'coral', failed: 'coral', declined: 'coral', broken: 'coral', refused: 'coral',
  expired: 'amber', parked: 'amber', asked: 'sky', asking: 'sky', held: 'sky', capturing: 'sky', returning: 'sky',
  captured: 'good', lost: 'coral',
}; // prettier-ignore

export function State({ code, family = 'state' }: { code: string; family?: string }) {
  const { t } = useAround();
  return <Chip tone={TONES[code] ?? 'plain'}>{named(t, family, code)}</Chip>;
}

export function state(source: string, family = 'state'): Show {
  return (row) => <State code={text(row, source) ?? ''} family={family} />;
}

export function code(source: string, family: string): Show {
  return (row, { t }) => {
    const value = text(row, source);
    return value === null ? '–' : named(t, family, value);
  };
}

export function yes(source: string): Show {
  return (row, { t }) => (row[source] === true ? t('yes') : t('no'));
}

export const station: Show = (row) => <StationName id={text(row, 'station_id')} />;
export const vehicle: Show = (row) => <VehicleName id={text(row, 'vehicle_id')} />;
export const account: Show = (row) => <AccountName id={text(row, 'account_id')} />;

export function link(source: string, to: (row: RaRecord) => string): Show {
  return (row, { f }) => {
    const value = text(row, source);
    return (
      <Link className="strong" to={to(row)}>
        {value === null ? short(String(row.id)) : source.endsWith('_at') ? f.when(value) : value}
      </Link>
    );
  };
}

export function span(source: string): Show {
  return (row, { f }) => (typeof row[source] === 'number' ? f.span(row[source]) : '–');
}

export function kwh(source: string): Show {
  return (row, { f }) => (typeof row[source] === 'number' ? f.kwh(row[source]) : '–');
}

export function km(source: string): Show {
  return (row, { f }) => (typeof row[source] === 'number' ? f.km(row[source]) : '–');
}

export function percent(source: string): Show {
  return (row, { f }) => (typeof row[source] === 'number' ? f.percent(row[source]) : '–');
}

export function epoch(source: string): Show {
  return (row, { f }) => (typeof row[source] === 'number' ? f.when(row[source]) : '–');
}

export function codes(source: string, family: string): Show {
  return (row, { t }) => {
    const all: unknown = row[source];
    if (!Array.isArray(all) || all.length === 0) return '–';
    return all.map((one) => named(t, family, String(one))).join(', ');
  };
}

/** Roles, those at single stations with the station. */
export function roles(source: string): Show {
  return (row, { t }) => {
    const all: unknown = row[source];
    if (!Array.isArray(all) || all.length === 0) return '–';
    return all.map((one, index) => {
      const { role, stationId } = roleWords(t, String(one));
      return (
        <span key={String(one)}>
          {index > 0 && ', '}
          {role} {stationId !== null && <StationName id={stationId} />}
        </span>
      );
    });
  };
}

/** The tables that a deed changed, with how many rows; the whole is in the export and in the API. */
export function changes(source: string): Show {
  return (row) => {
    const value = row[source] as { readonly rows?: readonly { readonly table?: string }[] } | null;
    const tables = new Map<string, number>();
    for (const one of value?.rows ?? []) tables.set(one.table ?? '', (tables.get(one.table ?? '') ?? 0) + 1);
    return (
      <span className="small muted">
        {[...tables].map(([name, count]) => `${name} ${String(count)}`).join(', ')}
      </span>
    );
  };
}

/** Who did it: a person, a station, or a key, which is nobody's page. */
export function Actor({ kind, id }: { kind: string | null; id: string | null }) {
  if (kind === 'account') return <AccountName id={id} />;
  if (kind === 'station') return <StationName id={id} />;
  return id === null ? <>–</> : <span className="mono">{short(id)}</span>;
}

export function Person({ id }: { id: string | null }) {
  return <AccountName id={id} />;
}

/** Long text in one line, whole when one points at it. */
export function Cut({ text: whole }: { text: string }) {
  return (
    <span className="mono cut" title={whole}>
      {whole}
    </span>
  );
}

interface RetryProps {
  readonly row: RaRecord;
  readonly of: 'quarantine' | 'work';
  readonly may: string;
}

/** Tries what failed once more; what becomes of it shows in the row itself. */
export function Retry({ row, of, may: permission }: RetryProps) {
  const { t } = useAround();
  const may = useMay();
  const deed = useDeed();
  const isDue = row['state'] === 'failed' || (of === 'quarantine' && row['state'] === 'waiting');
  if (!isDue || !may(permission)) return null;
  return (
    <>
      <button
        type="button"
        className="button"
        disabled={deed.isBusy}
        onClick={() => deed.run(`/api/v1/${of}/${String(row.id)}/retry`, { method: 'POST' })}
      >
        {t('try_again')}
      </button>
      {deed.error !== null && <span className="field-error"> {deed.error.message}</span>}
    </>
  );
}
