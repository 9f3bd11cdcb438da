/**
 * The hub's lists as react-admin asks for them. The hub pages by cursor, react-admin by number: the cursors of the pages
 * that were seen are kept, and a page that was jumped to is walked to. Edits send back the entity tag they began with.
 */
import type { DataProvider, GetListParams, Identifier, RaRecord } from 'react-admin';
import { query } from '../api/client';
import { newKey } from '../api/queries';
import type { Session } from '../api/session';
import type { Page } from '../api/shapes';

interface Row extends RaRecord {
  readonly id: Identifier;
}

const MOST = 200;

type Filters = Readonly<Record<string, string>>;

export function hubProvider(session: Session): DataProvider {
  const pages = new Cursors(session);
  const etags = new Map<string, string>();
  const one = async (resource: string, id: Identifier) => {
    const path = `/api/v1/${resource}/${String(id)}`;
    const { value, etag } = await session.call<Row>(path);
    if (etag !== null) etags.set(path, etag);
    return { data: value };
  };
  const provider = {
    getList: (resource: string, params: GetListParams) => pages.list(resource, params),
    getOne: (resource: string, { id }: { id: Identifier }) => one(resource, id),
    getMany: async (resource: string, { ids }: { ids: Identifier[] }) => ({
      data: (await Promise.all(ids.map((id) => one(resource, id)))).map(({ data }) => data),
    }),
    create: async (resource: string, { data }: { data: unknown }) => {
      const headers = { 'Idempotency-Key': newKey() };
      const { value } = await session.call<Row>(`/api/v1/${resource}`, {
        method: 'POST',
        body: data,
        headers,
      });
      return { data: value };
    },
    update: async (resource: string, { id, data }: { id: Identifier; data: unknown }) => {
      const path = `/api/v1/${resource}/${String(id)}`;
      const headers = { 'If-Match': etags.get(path) ?? '*' };
      const { value } = await session.call<Row>(path, { method: 'PATCH', body: data, headers });
      return { data: value };
    },
  };
  return provider as unknown as DataProvider;
}

/** Walks the hub's pages and remembers where each began. */
export class Cursors {
  private readonly known = new Map<string, (string | null)[]>();

  constructor(private readonly session: Pick<Session, 'call'>) {}

  async list(resource: string, params: Pick<GetListParams, 'pagination' | 'filter'>) {
    const { page, perPage } = params.pagination ?? { page: 1, perPage: 50 };
    const filters = params.filter as Filters;
    if (perPage > MOST) return this.all(resource, filters, perPage);
    const begins = this.begins(resource, filters, perPage);
    while (begins.length < page) {
      const before = await this.page(resource, filters, perPage, begins.at(-1) ?? null);
      if (before.next_cursor === null) break;
      begins.push(before.next_cursor);
    }
    const at = Math.min(page, begins.length);
    const found = await this.page(resource, filters, perPage, begins[at - 1] ?? null);
    if (found.next_cursor !== null && begins.length === at) begins.push(found.next_cursor);
    const data = rows(found);
    return {
      data,
      // Only the last page knows how many there are; without it react-admin would say that the page is full.
      ...(found.next_cursor === null ? { total: (at - 1) * perPage + data.length } : {}),
      pageInfo: { hasNextPage: found.next_cursor !== null, hasPreviousPage: at > 1 },
    };
  }

  /** Everything up to `most`, for an export. */
  private async all(resource: string, filters: Filters, most: number) {
    const data: Row[] = [];
    let cursor: string | null = null;
    do {
      const found: Page<Row> = await this.page(resource, filters, MOST, cursor);
      data.push(...rows(found));
      cursor = found.next_cursor;
    } while (cursor !== null && data.length < most);
    return { data, pageInfo: { hasNextPage: cursor !== null, hasPreviousPage: false } };
  }

  private begins(resource: string, filters: Filters, perPage: number): (string | null)[] {
    const key = JSON.stringify([resource, filters, perPage]);
    const kept = this.known.get(key) ?? [null];
    this.known.set(key, kept);
    return kept;
  }

  private async page(
    resource: string,
    filters: Filters,
    limit: number,
    cursor: string | null,
  ): Promise<Page<Row>> {
    return (await this.session.call<Page<Row>>(`/api/v1/${resource}${query({ ...filters, limit, cursor })}`))
      .value;
  }
}

/** react-admin wants an id of every row; a record of the audit has its number instead. */
function rows(page: Page<Row>): Row[] {
  return page.items.map((one) =>
    'id' in one ? one : { ...(one as RaRecord), id: (one as RaRecord)['seq'] as number },
  );
}
