/** Invoices as files: fetched with the caller's token, for no address shows one alone; issued first where there is none. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { deed, newKey } from '../api/queries';
import { fileOf } from '../api/client';
import type { InvoiceShape } from '../api/shapes';
import { useAround } from './context';

const PATIENCE_MS = 20_000;

/** What a paper is asked for by: the invoice that is there, or the bill that one is to be written for. */
export type Wanted = Pick<InvoiceShape, 'id' | 'name'> | { readonly billId: string };

export interface Paper {
  readonly fetch: (wanted: Wanted) => void;
  readonly isBusy: boolean;
  readonly error: Error | null;
}

/** Saves the PDF in the reader's language under its number. Issuing is the same one again while the bill stands. */
export function usePaper(): Paper {
  const { session, prefs } = useAround();
  const client = useQueryClient();
  const mutation = useMutation({
    mutationFn: async (wanted: Wanted) => {
      const { id, name } =
        'billId' in wanted
          ? (
              await session.call<InvoiceShape>(
                `/api/v1/bills/${wanted.billId}/invoice`,
                deed(undefined, newKey()),
              )
            ).value
          : wanted;
      const path = `/api/v1/invoices/${id}/pdf?language=${prefs.lang}`;
      save(await session.as((token) => fileOf(path, token, AbortSignal.timeout(PATIENCE_MS))), `${name}.pdf`);
      return 'billId' in wanted;
    },
    onSuccess: (isNew) => {
      if (isNew) void client.invalidateQueries();
    },
  });
  return { fetch: (wanted) => mutation.mutate(wanted), isBusy: mutation.isPending, error: mutation.error };
}

function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
