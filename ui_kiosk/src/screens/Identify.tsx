/** Who are you? Three ways that all work at once: a scanned code, a card at a dock, or typing. */
import { useKiosk } from '../app/context';
import { Frame } from '../ui/Frame';
import { Icon, type Sign } from '../ui/icons';
import { Answer } from '../ui/Press';

export function Identify() {
  const { state, t, press } = useKiosk();
  const { dockNo } = state;
  const isAsking = state.waiting === 'quote';
  const isParking = state.purpose === 'park';
  const taking = dockNo === null ? t('identify_title') : t('identify_title_dock', { dock: dockNo });
  const title = isParking ? t('identify_park') : taking;
  return (
    <Frame
      name="identify"
      split
      step={isParking ? undefined : 2}
      title={title}
      hint={isAsking ? t('one_moment') : t(isParking ? 'identify_park_hint' : 'identify_hint')}
      answers={
        <Answer
          id="by-reservation"
          sign="keys"
          title={t('by_code')}
          note={t('by_code_note')}
          busy={isAsking ? t('one_moment') : undefined}
          onPress={press('use-code')}
        />
      }
    >
      <ul className="ways">
        <Way sign="qr" title={t('by_voucher')} note={t('by_voucher_note')} picture={<PhonePicture />} />
        <Way sign="card" title={t('by_card')} note={t('by_card_note')} picture={<CardPicture />} />
      </ul>
    </Frame>
  );
}

interface WayProps {
  readonly sign: Sign;
  readonly title: string;
  readonly note: string;
  readonly picture: React.ReactNode;
}

function Way({ sign, title, note, picture }: WayProps) {
  return (
    <li className="way">
      <div className="way-picture">{picture}</div>
      <div>
        <h2>
          <Icon sign={sign} /> {title}
        </h2>
        <p>{note}</p>
      </div>
    </li>
  );
}

function PhonePicture() {
  return (
    <svg viewBox="0 0 160 120" aria-hidden="true">
      <rect x="52" y="6" width="56" height="84" rx="9" className="body" />
      <path
        d="M66 26h12v12H66zM84 26h10v10H84zM66 46h10v10H66zM84 46h4v4M94 46v8M84 58h10M66 64h6"
        className="mark"
      />
      <path d="M30 112h100" className="edge" />
      <path d="M62 104h36" className="beam" />
    </svg>
  );
}

function CardPicture() {
  return (
    <svg viewBox="0 0 160 120" aria-hidden="true">
      <rect x="22" y="30" width="70" height="46" rx="7" className="body" transform="rotate(-12 57 53)" />
      <path d="M30 54 92 41" className="mark" />
      <path d="M106 34a30 30 0 0 1 0 38M118 24a46 46 0 0 1 0 58" className="beam" />
      <path d="M136 12v100" className="edge" />
    </svg>
  );
}
