/** A plain list of anything that the hub lists: filters in the address, pages, an export, rows that lead somewhere. */
import type { ReactElement, ReactNode } from 'react';
import { useMediaQuery } from '@mui/material';
import {
  DataTable,
  ExportButton,
  FilterButton,
  List,
  Pagination,
  required,
  SelectInput,
  TextInput,
  TopToolbar,
  useListContext,
  type RaRecord,
} from 'react-admin';
import { useWhole } from '../api/queries';
import type { StationShape } from '../api/shapes';
import { useAround } from '../app/context';
import type { MessageKey } from '../i18n/rooms';
import { named, type Words } from '../i18n/words';
import type { Formats } from '../lib/format';
import { Empty, Failure, Loading } from '../ui/States';
import { Admin } from './Admin';

export interface Tools {
  readonly t: Words;
  readonly f: Formats;
}

export interface Column {
  readonly source: string;
  readonly title: MessageKey;
  /** How a cell is shown; the value as it is where nothing is said. */
  readonly show?: (row: RaRecord, tools: Tools) => ReactNode;
  readonly isNumber?: boolean;
}

export interface Filter {
  readonly source: string;
  readonly title: MessageKey;
  /** Codes to choose from, with the family that names them; without, anything may be typed. */
  readonly choices?: readonly string[];
  readonly family?: string;
  /** One station is always chosen, the first one to begin with: the hub lists nothing without. */
  readonly isStation?: boolean;
}

export interface PlainListProps {
  readonly resource: string;
  readonly columns: readonly Column[];
  readonly filters?: readonly Filter[];
  readonly fixed?: Readonly<Record<string, string>>;
  /** Where a row leads. */
  readonly to?: (row: RaRecord) => string;
  readonly acts?: ReactElement;
  readonly perPage?: number;
}

/** There each row stands as a block of its own, its columns' names beside their values. */
const NARROW = '(max-width: 640px)';

export function PlainList(props: PlainListProps) {
  const wants = props.filters?.some((one) => one.isStation) ?? false;
  const asked = useWhole<StationShape>('/api/v1/stations', {}, { enabled: wants, stale: 120_000 });
  const stations = asked.data?.items;
  if (wants && stations === undefined) {
    if (asked.isError) return <Failure error={asked.error} again={() => void asked.refetch()} />;
    return <Loading rows={4} />;
  }
  if (wants && stations?.length === 0) return <None isFiltered={false} />;
  return (
    <Admin>
      <Inner {...props} stations={wants ? (stations ?? []) : []} />
    </Admin>
  );
}

interface InnerProps extends PlainListProps {
  readonly stations: readonly StationShape[];
}

function Inner({ resource, columns, filters = [], fixed, to, acts, perPage = 50, stations }: InnerProps) {
  const tools = useAround();
  const isNarrow = useMediaQuery(NARROW, { noSsr: true });
  return (
    <List
      className={isNarrow ? 'stacked' : ''}
      resource={resource}
      title={false}
      perPage={perPage}
      empty={false}
      filters={inputs(filters, stations, tools)}
      {...(stations[0] === undefined ? {} : { filterDefaultValues: { station_id: stations[0].id } })}
      pagination={<Pagination rowsPerPageOptions={[25, 50, 100]} />}
      actions={
        <TopToolbar>
          {filters.length > 2 && <FilterButton />}
          {acts}
          <ExportButton maxResults={5000} />
        </TopToolbar>
      }
      {...(fixed === undefined ? {} : { filter: fixed })}
    >
      <DataTable
        bulkActionButtons={false}
        rowClick={to === undefined ? false : (_id, _resource, row) => to(row as RaRecord)}
        empty={<Nothing />}
      >
        {columns.map((one) => (
          <DataTable.Col
            key={one.source}
            source={one.source}
            label={tools.t(one.title)}
            disableSort
            {...(one.isNumber === true ? { align: 'right' as const } : {})}
            render={(row: RaRecord) => (
              <>
                {isNarrow && <span className="muted small">{tools.t(one.title)}</span>}
                {cell(one, row, tools)}
              </>
            )}
          />
        ))}
      </DataTable>
    </List>
  );
}

function cell(column: Column, row: RaRecord, tools: Tools): ReactNode {
  if (column.show !== undefined) return column.show(row, tools);
  const value: unknown = row[column.source];
  if (value === null || value === undefined || value === '') return '–';
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function inputs(filters: readonly Filter[], stations: readonly StationShape[], { t }: Tools): ReactElement[] {
  return filters.map((one, index) => {
    const given = { source: one.source, label: t(one.title), alwaysOn: index < 2, size: 'small' as const };
    if (one.isStation === true) {
      return <SelectInput key={one.source} {...given} choices={[...stations]} validate={required()} />;
    }
    if (one.choices === undefined) return <TextInput key={one.source} {...given} resettable />;
    const choices = one.choices.map((id) => ({ id, name: named(t, one.family ?? 'state', id) }));
    return <SelectInput key={one.source} {...given} choices={choices} />;
  });
}

/** An empty list says whether its filters made it so. */
function Nothing() {
  const filters = useListContext().filterValues as Readonly<Record<string, unknown>>;
  return <None isFiltered={Object.values(filters).some(Boolean)} />;
}

function None({ isFiltered }: { isFiltered: boolean }) {
  const { t } = useAround();
  return <Empty icon="list" title={isFiltered ? t('none_found') : t('none_yet')} />;
}
