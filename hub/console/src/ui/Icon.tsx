/** The one set of pictures: 24 by 24, drawn by lines of 1.75. They stand beside words, so they say nothing aloud. */

const PATHS = {
  network: 'M12 4v5M12 9l-6 6M12 9l6 6M6 17.5a2 2 0 1 0 0-.01M18 17.5a2 2 0 1 0 0-.01M12 5a2 2 0 1 0 0-.01',
  station: 'M4 20V10l8-5 8 5v10M4 20h16M8 20v-6h8v6M12 14v6',
  rental: 'M5 12h13M13 6l6 6-6 6M4 5v14',
  calendar: 'M5 6h14v14H5zM5 10h14M9 3v5M15 3v5M9 14h2M13 14h2M9 17h2',
  vehicle:
    'M6.5 18.5a2.5 2.5 0 1 0 0-.01M17.5 18.5a2.5 2.5 0 1 0 0-.01M9 18h6l2-12h-3M9 18c0-4-5-4-5-2M8 12h5',
  balance: 'M12 4v16M7 20h10M5 7h14M5 7l-3 7h6zM19 7l-3 7h6z',
  checklist: 'M3.5 6.5L5 8l3-3.5M3.5 12.5L5 14l3-3.5M3.5 18.5L5 20l3-3.5M11 6h9M11 12h9M11 18h9',
  bolt: 'M13 3L6 13h5l-1 8 8-11h-5l1-7z',
  case: 'M12 4l9 16H3zM12 10v4M12 17v.2',
  tariff: 'M4 12V4h8l8 8-8 8zM8.5 8.5v.2',
  money: 'M3 7h18v11H3zM3 11h18M7 15h4',
  people:
    'M9 11a3.5 3.5 0 1 0 0-.01M3 20c0-4 3-6 6-6s6 2 6 6M16 4.5a3.5 3.5 0 0 1 0 6.5M18 14.5c2 .8 3 2.6 3 5.5',
  key: 'M8 15a4 4 0 1 0 0-.01M11 12l8-8M16 7l3 3M13.5 9.5l2 2',
  audit: 'M6 3h9l4 4v14H6zM14 3v5h5M9 12h7M9 16h7',
  system: 'M4 6h16v5H4zM4 14h16v5H4zM7.5 8.5v.2M7.5 16.5v.2M12 8.5h5M12 16.5h5',
  search: 'M11 17a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM15.5 15.5L20 20',
  menu: 'M4 7h16M4 12h16M4 17h16',
  close: 'M6 6l12 12M18 6L6 18',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5L19 19M5 19l1.5-1.5M17.5 6.5L19 5',
  moon: 'M20 14a8 8 0 1 1-10-10 6.5 6.5 0 0 0 10 10z',
  globe: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18',
  leave: 'M14 4h5v16h-5M3 12h11M10 8l4 4-4 4',
  left: 'M15 5l-7 7 7 7',
  right: 'M9 5l7 7-7 7',
  down: 'M5 9l7 7 7-7',
  up: 'M5 15l7-7 7 7',
  check: 'M4 12.5l5.5 5.5L20 7',
  clock: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7v5l3.5 2',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  unlock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 6.8-1.2',
  restart: 'M19 12a7 7 0 1 1-2.2-5.1M17 3v4h-4',
  offline: 'M4 4l16 16M8.5 16a5 5 0 0 1 7 0M5 12.5a10 10 0 0 1 5-2.7M14.5 9.9a10 10 0 0 1 4.5 2.6M12 19.5v.2',
  online: 'M8.5 16a5 5 0 0 1 7 0M5 12.5a10 10 0 0 1 14 0M2 9a14.5 14.5 0 0 1 20 0M12 19.5v.2',
  alert: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 7.5v6M12 16.5v.2',
  info: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v6M12 7.5v.2',
  plus: 'M12 5v14M5 12h14',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  bell: 'M6 17V11a6 6 0 0 1 12 0v6l1.5 2h-15zM10 21.5h4M12 3v2',
  mute: 'M6 17V11a6 6 0 0 1 9-5.2M18 12v5l1.5 2h-15zM10 21.5h4M4 4l16 16',
  edit: 'M5 19l1-4L16 5l3 3L9 18zM14 7l3 3',
  organisation: 'M4 20V6h8v14M12 10h8v10M3 20h18M7 9.5h2M7 13h2M7 16.5h2M15 13.5h2M15 16.5h2',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-5 3.5-7 8-7s8 2 8 7',
  card: 'M3 6h18v12H3zM3 10h18',
  list: 'M8 6h12M8 12h12M8 18h12M4 6v.2M4 12v.2M4 18v.2',
} as const;

export type IconName = keyof typeof PATHS;

interface IconProps {
  readonly name: IconName;
  readonly size?: number;
}

export function Icon({ name, size = 20 }: IconProps) {
  return (
    <svg className="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
