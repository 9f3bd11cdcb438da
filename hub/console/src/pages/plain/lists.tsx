/** The plain lists of every business, as data: what is asked, which columns, which filters, and where a row leads. */
import { useState, type ComponentType } from 'react';
import { useLocation } from 'react-router';
import { useAround, useMay } from '../../app/context';
import type { MessageKey } from '../../i18n/rooms';
import * as cell from '../../plain/cells';
import { PlainList, type PlainListProps } from '../../plain/PlainList';
import { Head } from '../../ui/Head';
import { Icon, type IconName } from '../../ui/Icon';
import { Tabs } from '../../ui/Tabs';
import { Empty } from '../../ui/States';
import { VerifySheet } from '../audit/VerifySheet';
import { TypeForm } from '../fleet/TypeForm';
import { VehicleForm } from '../fleet/VehicleForm';
import { NewAccount } from '../people/NewAccount';

interface Place extends PlainListProps {
  /** The last piece of the address; empty for the first list of its section. */
  readonly path: string;
  readonly title: MessageKey;
  readonly needs: string;
  /** What is done from here: the permission, the button's words, the sheet that asks. */
  readonly add?: Add;
}

interface Add {
  readonly needs: string;
  readonly title: MessageKey;
  readonly icon?: IconName;
  readonly sheet: ComponentType<{ readonly close: () => void }>;
}

const CREATED = { source: 'created_at', title: 'col_when', show: cell.instant('created_at') } as const;
const STATION = { source: 'station_id', title: 'col_station', show: cell.station } as const;
const ACCOUNT = { source: 'account_id', title: 'col_person', show: cell.account } as const;

const RENTALS: Place = {
  path: '',
  title: 'nav_rentals',
  needs: 'rentals:read',
  resource: 'rentals',
  columns: [
    {
      source: 'started_at',
      title: 'col_when',
      show: cell.link('started_at', (row) => `/rentals/${String(row.id)}`),
    },
    STATION,
    { source: 'vehicle_id', title: 'col_vehicle', show: cell.vehicle },
    ACCOUNT,
    { source: 'renter_by', title: 'col_by', show: cell.code('renter_by', 'by') },
    { source: 'state', title: 'col_state', show: cell.state('state') },
    { source: 'duration_s', title: 'col_duration', show: cell.span('duration_s'), isNumber: true },
    { source: 'total', title: 'col_total', show: cell.money('total'), isNumber: true },
    { source: 'offline', title: 'col_offline', show: cell.yes('offline') },
    { source: 'flags', title: 'col_flags', show: cell.codes('flags', 'flag') },
  ],
  filters: [
    { source: 'state', title: 'col_state', choices: ['active', 'ended', 'voided'] },
    { source: 'flag', title: 'col_flags', choices: ['contradiction', 'orphan_return', 'time_uncertain', 'unpriced', 'parked_unconfirmed'], family: 'flag' },
    { source: 'station_id', title: 'col_station_id' },
    { source: 'vehicle_id', title: 'col_vehicle_id' },
    { source: 'account_id', title: 'col_account_id' },
  ],
  to: (row) => `/rentals/${String(row.id)}`,
}; // prettier-ignore

const CHARGING: Place = {
  path: '',
  title: 'nav_charging',
  needs: 'charging:read',
  resource: 'charging-sessions',
  columns: [
    { source: 'started_at', title: 'col_when', show: cell.link('started_at', (row) => `/charging/${String(row.id)}`) },
    STATION,
    { source: 'charger_id', title: 'col_charger' },
    ACCOUNT,
    { source: 'state', title: 'col_state', show: cell.state('state') },
    { source: 'energy_wh', title: 'col_energy', show: cell.kwh('energy_wh'), isNumber: true },
    { source: 'total', title: 'col_total', show: cell.money('total'), isNumber: true },
    { source: 'stop_reason', title: 'col_end' },
  ],
  filters: [
    { source: 'state', title: 'col_state', choices: ['running', 'ended', 'refused', 'inferred'] },
    { source: 'charger_id', title: 'col_charger' },
    { source: 'station_id', title: 'col_station_id' },
  ],
  to: (row) => `/charging/${String(row.id)}`,
}; // prettier-ignore

const FLEET: Place = {
  path: '',
  title: 'tab_vehicles',
  needs: 'vehicles:read',
  resource: 'vehicles',
  columns: [
    { source: 'label', title: 'col_vehicle', show: cell.link('label', (row) => `/fleet/${String(row.id)}`) },
    { source: 'kind', title: 'col_kind', show: cell.code('kind', 'kind') },
    { source: 'model', title: 'col_model' },
    { source: 'plate', title: 'field_plate' },
    { source: 'state', title: 'col_state', show: cell.state('state') },
    STATION,
    { source: 'dock_no', title: 'dock', isNumber: true },
    { source: 'since', title: 'col_since', show: cell.instant('since') },
    { source: 'soc_pct', title: 'col_charge', show: cell.percent('soc_pct'), isNumber: true },
    { source: 'rentable', title: 'col_rentable', show: cell.yes('rentable') },
  ],
  filters: [
    { source: 'kind', title: 'col_kind', choices: ['scooter', 'moped', 'bicycle', 'car'], family: 'kind' },
    { source: 'station_id', title: 'col_station_id' },
    { source: 'plate', title: 'field_plate' },
    { source: 'vin', title: 'field_vin' },
  ],
  to: (row) => `/fleet/${String(row.id)}`,
  add: { needs: 'vehicles:write', title: 'vehicle_add', sheet: VehicleForm },
}; // prettier-ignore

const TYPES: Place = {
  path: 'types',
  title: 'tab_types',
  needs: 'vehicles:read',
  resource: 'vehicle-types',
  columns: [
    { source: 'model', title: 'col_model', show: cell.link('model', (row) => `/fleet/types/${String(row.id)}`) },
    { source: 'make', title: 'field_make' },
    { source: 'kind', title: 'col_kind', show: cell.code('kind', 'kind') },
    { source: 'battery_wh', title: 'field_battery_wh', show: cell.kwh('battery_wh'), isNumber: true },
    { source: 'range_km', title: 'full_range', show: cell.km('range_km'), isNumber: true },
    CREATED,
  ],
  to: (row) => `/fleet/types/${String(row.id)}`,
  add: { needs: 'vehicles:write', title: 'type_add', sheet: TypeForm },
}; // prettier-ignore

const BILLS: Place = {
  path: 'bills',
  title: 'tab_bills',
  needs: 'payments:read',
  resource: 'bills',
  columns: [
    CREATED,
    { source: 'use', title: 'col_use', show: cell.code('use', 'use') },
    ACCOUNT,
    { source: 'total_minor', title: 'col_total', show: cell.minor('total_minor'), isNumber: true },
    { source: 'owed_minor', title: 'owed', show: cell.minor('owed_minor'), isNumber: true },
    { source: 'paid_minor', title: 'col_paid', show: cell.minor('paid_minor'), isNumber: true },
    { source: 'state', title: 'col_state', show: cell.state('state', 'bill') },
  ],
  filters: [
    { source: 'state', title: 'col_state', choices: ['open', 'collecting', 'paid', 'unpaid', 'overpaid', 'free'], family: 'bill' },
    { source: 'account_id', title: 'col_account_id' },
  ],
  to: (row) => `/payments/bills/${String(row.id)}`,
}; // prettier-ignore

const PAYMENTS: Place = {
  path: 'attempts',
  title: 'tab_payments',
  needs: 'payments:read',
  resource: 'payments',
  columns: [
    CREATED,
    { source: 'kind', title: 'col_kind', show: cell.code('kind', 'pay') },
    { source: 'gateway', title: 'col_gateway' },
    { source: 'amount_minor', title: 'col_amount', show: cell.minor('amount_minor'), isNumber: true },
    { source: 'outcome', title: 'col_state', show: cell.state('outcome', 'pay') },
    { source: 'code', title: 'col_code' },
    { source: 'settled_at', title: 'col_settled', show: cell.instant('settled_at') },
  ],
  filters: [
    { source: 'bill_id', title: 'col_bill_id' },
    { source: 'account_id', title: 'col_account_id' },
  ],
};

const VOUCHERS: Place = {
  path: '',
  title: 'tab_vouchers',
  needs: 'vouchers:read',
  resource: 'vouchers',
  columns: [
    CREATED,
    ACCOUNT,
    { source: 'may', title: 'col_may', show: cell.codes('may', 'may') },
    { source: 'not_before', title: 'col_from', show: cell.instant('not_before') },
    { source: 'expires', title: 'col_until', show: cell.instant('expires') },
    { source: 'max_uses', title: 'col_uses', isNumber: true },
    { source: 'revoked_at', title: 'col_revoked', show: cell.instant('revoked_at') },
  ],
  filters: [{ source: 'account_id', title: 'col_account_id' }],
};

const CARDS: Place = {
  path: 'cards',
  title: 'tab_cards',
  needs: 'cards:read',
  resource: 'cards',
  columns: [
    CREATED,
    { source: 'uid', title: 'col_card' },
    ACCOUNT,
    { source: 'may', title: 'col_may', show: cell.codes('may', 'may') },
    { source: 'valid_to', title: 'col_until', show: cell.instant('valid_to') },
    { source: 'blocked', title: 'col_blocked', show: cell.yes('blocked') },
  ],
  filters: [{ source: 'account_id', title: 'col_account_id' }],
};

const BLOCKS: Place = {
  path: 'blocks',
  title: 'tab_blocks',
  needs: 'blocks:read',
  resource: 'account-blocks',
  columns: [
    CREATED,
    ACCOUNT,
    { source: 'why', title: 'reason' },
    { source: 'by', title: 'col_who', show: (row) => <cell.Person id={cell.text(row, 'by')} /> },
  ],
  filters: [{ source: 'account_id', title: 'col_account_id' }],
};

const PEOPLE: Place = {
  path: '',
  title: 'nav_people',
  needs: 'accounts:read',
  resource: 'accounts',
  columns: [
    { source: 'display_name', title: 'col_person', show: cell.link('display_name', (row) => `/people/${String(row.id)}`) },
    { source: 'email', title: 'email' },
    { source: 'roles', title: 'col_roles', show: cell.roles('roles') },
    { source: 'active', title: 'col_active', show: cell.yes('active') },
    CREATED,
  ],
  to: (row) => `/people/${String(row.id)}`,
  add: { needs: 'accounts:write', title: 'people_new', sheet: NewAccount },
}; // prettier-ignore

const STAFF: Place = {
  path: 'staff',
  title: 'tab_staff',
  needs: 'stations:write',
  resource: 'station-staff',
  columns: [
    {
      source: 'name',
      title: 'col_person',
      show: cell.link('name', (row) => `/people/${cell.text(row, 'account_id') ?? ''}`),
    },
    { source: 'may', title: 'col_may', show: cell.codes('may', 'may') },
    { source: 'badge', title: 'col_card' },
    { source: 'has_pin', title: 'col_pin', show: cell.yes('has_pin') },
    { source: 'valid_to', title: 'col_until', show: cell.instant('valid_to') },
  ],
};

const AUDIT: Place = {
  path: '',
  title: 'nav_audit',
  needs: 'audit:read',
  resource: 'audit',
  columns: [
    { source: 'seq', title: 'col_number', isNumber: true },
    { source: 'at', title: 'col_when', show: cell.instant('at') },
    { source: 'actor_kind', title: 'col_kind', show: cell.code('actor_kind', 'actor') },
    { source: 'actor_id', title: 'col_who', show: (row) => <cell.Actor kind={cell.text(row, 'actor_kind')} id={cell.text(row, 'actor_id')} /> },
    { source: 'action', title: 'col_what', show: (row) => <span className="mono">{cell.text(row, 'action')}</span> },
    { source: 'target_kind', title: 'col_target' },
    { source: 'reason', title: 'reason' },
    { source: 'outcome', title: 'col_outcome', show: cell.code('outcome', 'outcome') },
    { source: 'changes', title: 'col_changes', show: cell.changes('changes') },
  ],
  filters: [
    { source: 'actor_kind', title: 'col_kind', choices: ['account', 'api_key', 'station', 'command', 'hub', 'nobody'], family: 'actor' },
    { source: 'action', title: 'col_what' },
    { source: 'actor_id', title: 'col_account_id' },
    { source: 'target_id', title: 'col_target_id' },
    { source: 'since', title: 'col_from' },
  ],
  add: { needs: 'audit:read', title: 'audit_verify', icon: 'check', sheet: VerifySheet },
}; // prettier-ignore

const QUARANTINE: Place = {
  path: 'quarantine',
  title: 'tab_quarantine',
  needs: 'facts:read',
  resource: 'quarantine',
  columns: [
    CREATED,
    STATION,
    { source: 'type', title: 'col_fact' },
    { source: 'code', title: 'col_code', show: cell.code('code', 'quarantine') },
    { source: 'detail', title: 'col_detail' },
    { source: 'state', title: 'col_state', show: cell.state('state') },
    { source: 'id', title: 'col_do', show: (row) => <cell.Retry row={row} of="quarantine" may="quarantine:write" /> },
  ],
  filters: [
    { source: 'state', title: 'col_state', choices: ['waiting', 'parked', 'applied', 'dismissed'] },
    { source: 'code', title: 'col_code' },
    { source: 'station_id', title: 'col_station_id' },
  ],
}; // prettier-ignore

const WORK: Place = {
  path: 'work',
  title: 'tab_work',
  needs: 'work:read',
  resource: 'work',
  columns: [
    CREATED,
    { source: 'kind', title: 'col_kind', show: cell.code('kind', 'work') },
    { source: 'state', title: 'col_state', show: cell.state('state') },
    { source: 'round', title: 'col_round', isNumber: true },
    { source: 'not_before', title: 'col_next', show: cell.instant('not_before') },
    { source: 'error', title: 'col_detail' },
    { source: 'id', title: 'col_do', show: (row) => <cell.Retry row={row} of="work" may="work:write" /> },
  ],
  filters: [
    { source: 'state', title: 'col_state', choices: ['waiting', 'running', 'done', 'failed'] },
    { source: 'kind', title: 'col_kind' },
  ],
};

const FACTS: Place = {
  path: 'facts',
  title: 'tab_facts',
  needs: 'facts:read',
  resource: 'facts',
  columns: [
    { source: 'at_ms', title: 'col_when', show: cell.epoch('at_ms') },
    { source: 'received_at', title: 'col_received', show: cell.instant('received_at') },
    STATION,
    { source: 'seq', title: 'col_number', isNumber: true },
    { source: 'type', title: 'col_fact' },
    {
      source: 'record',
      title: 'col_detail',
      show: (row) => <cell.Cut text={cell.text(row, 'record') ?? ''} />,
    },
  ],
  filters: [
    { source: 'lane', title: 'col_lane', choices: ['biz', 'ops', 'tel'], family: 'lane' },
    { source: 'station_id', title: 'col_station', isStation: true },
    { source: 'type', title: 'col_fact' },
  ],
};

function section(base: string, title: MessageKey, places: readonly Place[]) {
  return function Section() {
    const { t } = useAround();
    const may = useMay();
    const { pathname } = useLocation();
    const rest = pathname.split('/')[2] ?? '';
    const open = places.filter((one) => may(one.needs));
    const chosen = open.find((one) => one.path === rest) ?? (rest === '' ? open[0] : undefined);
    const tabs = open.map((one) => ({ to: `/${base}/${one.path}`.replace(/\/$/, ''), name: t(one.title), isExact: one.path === '' }));
    return (
      <>
        <Head title={t(title)}>{chosen?.add !== undefined && may(chosen.add.needs) && <AddButton key={chosen.path} add={chosen.add} />}</Head>
        {tabs.length > 1 && <Tabs tabs={tabs} />}
        {chosen === undefined ? <Empty icon="lock" title={t('problem_forbidden')} /> : <PlainList key={chosen.path} {...chosen} />}
      </>
    );
  }; // prettier-ignore
}

function AddButton({ add: { title, icon = 'plus', sheet: SheetOf } }: { add: Add }) {
  const { t } = useAround();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="button primary" onClick={() => setOpen(true)}>
        <Icon name={icon} size={18} />
        {t(title)}
      </button>
      {isOpen && <SheetOf close={() => setOpen(false)} />}
    </>
  );
}

export const Rentals = section('rentals', 'nav_rentals', [RENTALS]);
export const Charging = section('charging', 'nav_charging', [CHARGING]);
export const Fleet = section('fleet', 'nav_fleet', [FLEET, TYPES]);
export const Access = section('access', 'nav_access', [VOUCHERS, CARDS, BLOCKS]);
export const People = section('people', 'nav_people', [PEOPLE, STAFF]);
export const Audit = section('audit', 'nav_audit', [AUDIT]);
export const System = section('system', 'nav_system', [QUARANTINE, WORK, { ...FACTS, path: 'facts' }]);

/** One of the lists beside the ledger. */
export function PaymentList({ which }: { which: 'bills' | 'attempts' }) {
  const { t } = useAround();
  const may = useMay();
  if (!may('payments:read')) return <Empty icon="lock" title={t('problem_forbidden')} />;
  return <PlainList key={which} {...(which === 'bills' ? BILLS : PAYMENTS)} />;
}
