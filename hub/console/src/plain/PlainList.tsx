/** A plain list of anything that the hub lists: filters in the address, pages, an export, rows that lead somewhere. */
import type { ReactElement, ReactNode } from 'react';
import { useMediaQuery } from '@mui/material';
import {
  DataTable,
  ExportButton,
  FilterButton,
  List,
  Pagination,
  SelectInput,
  TextInput,
  TopToolbar,
  useListContext,
  type RaRecord,
} from 'react-admin';
import { useAround } from '../app/context';
import type { MessageKey } from '../i18n/rooms';
import { named, type Words } from '../i18n/words';
import type { Formats } from '../lib/format';
import { Empty } from '../ui/States';
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
  return (
    <Admin>
      <Inner {...props} />
    </Admin>
  );
}

function Inner({ resource, columns, filters = [], fixed, to, acts, perPage = 50 }: PlainListProps) {
  const tools = useAround();
  const isNarrow = useMediaQuery(NARROW, { noSsr: true });
  return (
    <List
      className={isNarrow ? 'stacked' : ''}
      resource={resource}
      title={false}
      perPage={perPage}
      empty={false}
      filters={inputs(filters, tools)}
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
        empty={<None />}
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

function inputs(filters: readonly Filter[], { t }: Tools): ReactElement[] {
  return filters.map((one, index) => {
    const given = { source: one.source, label: t(one.title), alwaysOn: index < 2, size: 'small' as const };
    if (one.choices === undefined) return <TextInput key={one.source} {...given} resettable />;
    const choices = one.choices.map((id) => ({ id, name: named(t, one.family ?? 'state', id) }));
    return <SelectInput key={one.source} {...given} choices={choices} />;
  });
}

/** An empty list says whether its filters made it so. */
function None() {
  const { t } = useAround();
  const filters = useListContext().filterValues as Readonly<Record<string, unknown>>;
  const isFiltered = Object.values(filters).some(Boolean);
  return <Empty icon="list" title={isFiltered ? t('none_found') : t('none_yet')} />;
}
