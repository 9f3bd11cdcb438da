/** Addresses within the console. */

/** An address of a plain list with its filters, as react-admin reads them. */
export function listLink(path: string, filter: Readonly<Record<string, string>>): string {
  return `${path}?filter=${encodeURIComponent(JSON.stringify(filter))}`;
}
