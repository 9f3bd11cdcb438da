/** Addresses within the console. */

/** An address of a plain list with its filters, as react-admin reads them. */
export function listLink(path: string, filter: Readonly<Record<string, string>>): string {
  return `${path}?filter=${encodeURIComponent(JSON.stringify(filter))}`;
}

/** Where that leads which a bill is for: a ride, a charge, or a booking that nobody came to. */
export function subjectLink(use: string, id: string): string {
  if (use === 'charging') return `/charging/${id}`;
  return use === 'booking' ? `/reservations?open=${id}` : `/rentals/${id}`;
}
