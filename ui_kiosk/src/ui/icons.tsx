/** Our own line drawings: signs (24 × 24) and vehicles (96 × 64), in the colour of the text around them. */
import type { VehicleView } from '../api/types';
import type { ReactNode } from 'react';

const SIGNS = {
  back: 'M20 12H5M11 6l-6 6 6 6',
  forward: 'M4 12h15M13 6l6 6-6 6',
  down: 'M12 4v15M6 13l6 6 6-6',
  bolt: 'M13 3 5 14h6l-1 7 8-11h-6z',
  check: 'M4 12.5 9.5 18 20 6.5',
  cross: 'M6 6l12 12M18 6 6 18',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  clock: 'M12 7v5l3.5 2M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17',
  offline: 'M4 4l16 16M8.5 15.5a5 5 0 0 1 6.2-.6M5.5 12.2a9.5 9.5 0 0 1 4.3-2.4M14 9.6a9.5 9.5 0 0 1 4.5 2.6M2.5 9a14 14 0 0 1 4.2-2.7M11 5.1A14 14 0 0 1 21.5 9M12 19h.01',
  warn: 'M12 4 2.5 20h19zM12 10v4.5M12 17.5h.01',
  phone: 'M6 3.5h3.5l1.5 4.5-2.200 1.600a12 12 0 0 0 5.600 5.600L16 13l4.5 1.5V18a2.5 2.5 0 0 1-2.700 2.5A15.5 15.5 0 0 1 3.5 6.200 2.5 2.5 0 0 1 6 3.5z',
  qr: 'M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2.5v2.5M20 14v2.5h-1.5M14 20h2M20 19v1h-1.5',
  card: 'M3 6h18v12H3zM3 10h18M6 15h4',
  keys: 'M4 5h16v14H4zM8 9.5h.01M12 9.5h.01M16 9.5h.01M8 14.5h8',
  erase: 'M9 5h11v14H9l-6-7zM12 9.5l5 5M17 9.5l-5 5',
  up: 'M12 20V5M6 11l6-6 6 6',
  unlock: 'M6 11h12v9H6zM8.5 11V7.500a3.5 3.5 0 0 1 6.800-1.200',
  list: 'M4 6l1.500 1.500L8 5M4 12.500 5.500 14 8 11.500M4 19l1.500 1.500L8 18M11.500 6.500H20M11.500 13H20M11.500 19.500H20',
  ride: 'M5.500 14.500a3 3 0 1 0 0 6 3 3 0 0 0 0-6M18.500 14.500a3 3 0 1 0 0 6 3 3 0 0 0 0-6M8.500 17.500h7L17 5h-3',
  camera: 'M3 8h4l1.500-3h7L17 8h4v11H3zM12 10a3.500 3.500 0 1 1 0 7 3.500 3.500 0 0 1 0-7',
  again: 'M19.500 12a7.500 7.500 0 1 1-2.200-5.300L20 9.500M20 4v5.500h-5.500',
  moving: 'M4 12h.01M10 12h.01M16 12h.01M20 12h.01',
  park: 'M9 19V5h4.5a4 4 0 0 1 0 8H9',
} as const; // prettier-ignore

export type Sign = keyof typeof SIGNS;

export function Icon({ sign, className = '' }: { readonly sign: Sign; readonly className?: string }) {
  return (
    <svg className={`icon ${className}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={SIGNS[sign]} />
    </svg>
  );
}

type Kind = VehicleView['kind'];

const wheel = (x: number, y: number, r: number) => (
  <>
    <circle cx={x} cy={y} r={r} className="fill" />
    <circle cx={x} cy={y} r={1.5} className="hub" />
  </>
);

const VEHICLES: Readonly<Record<Kind, ReactNode>> = {
  scooter: (
    <>
      {wheel(22, 53, 8)}
      {wheel(76, 53, 8)}
      <path d="M30 50h32c2 0 3-1 3.5-3L70 32" className="thick" />
      <path d="M76 53 65 9M56 8h15" />
      <path d="M61 8h-5M66 14l4-1" />
    </>
  ),
  moped: (
    <>
      {wheel(22, 50, 10)}
      {wheel(76, 50, 10)}
      <path d="M32 50h24c4 0 6-2 7-6l5-20c.5-2-.5-4-3-4h-3" />
      <path d="M76 50 66 14c-.6-2-2-3-4-3h-5" />
      <path d="M14 36c4-5 12-8 20-8h14l-2 12c-.4 2-2 3-4 3H30c-6 0-12-1-16-7z" className="fill" />
      <path d="M24 24h22c3 0 4 4 1 4H26c-3 0-4-2-2-4z" className="solid" />
      <path d="M70 27h6" />
    </>
  ),
  bicycle: (
    <>
      {wheel(22, 44, 15)}
      {wheel(74, 44, 15)}
      <path d="M22 44 36 20h28l-18 24z" />
      <path d="M46 44 33 14M27 14h12" />
      <path d="M74 44 62 12h9" />
      <path d="M45.5 38 58 22.5" className="battery" />
    </>
  ),
  car: (
    <>
      <path
        d="M8 46V37c0-3 2-5 5-6l11-3 10-12c2-2 4-3 7-3h16c4 0 7 1 9 4l9 12 8 2c4 1 6 3 6 7v8c0 1-1 2-2 2h-5M70 48H32M16 48h-6c-1 0-2-1-2-2z"
        className="fill"
      />
      <path d="M30 28h44M50 14v14" />
      {wheel(24, 48, 8)}
      {wheel(76, 48, 8)}
    </>
  ),
};

export function Vehicle({ kind }: { readonly kind: Kind }) {
  return (
    <svg className="vehicle" viewBox="0 0 96 64" aria-hidden="true">
      {VEHICLES[kind]}
    </svg>
  );
}
