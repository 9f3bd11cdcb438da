/** How to return a vehicle: the free docks are lit, the rest happens by itself. */
import { useKiosk } from '../app/context';
import { DockRow } from '../ui/DockRow';
import { freeDocks } from '../ui/docks';
import { Frame } from '../ui/Frame';
import { Icon } from '../ui/icons';
import { Answer } from '../ui/Press';

export function GiveBack() {
  const { view, t, press } = useKiosk();
  const free = freeDocks(view);
  const phone = view.station.help_phone;
  const isFull = free.length === 0;
  // A car finds no place in a free latch: who has one of a kind without a free dock must get out of here too.
  const kinds = new Set(view.docks.map((dock) => dock.kind));
  const isFullForSome = [...kinds].some((kind) => !free.some((dock) => dock.kind === kind));
  return (
    <Frame
      name="return"
      offline="offline_return"
      title={t('return_title', { count: free.length, dock: free[0]?.dock_no })}
      hint={isFull ? undefined : t('return_hint')}
      answers={
        isFull ? (
          <>
            <Answer
              id="park"
              tone="volt"
              sign="park"
              title={t('return_park')}
              note={t('return_park_note')}
              onPress={press('park')}
            />
            <Answer id="call" sign="phone" title={t('call', { phone })} onPress={press('help')} />
          </>
        ) : (
          <>
            <Answer id="done" title={t('refused_home')} onPress={press('home')} />
            {isFullForSome && <Answer id="park" title={t('return_park_some')} onPress={press('park')} />}
          </>
        )
      }
    >
      {isFull && (
        <section className="card overflow">
          <Icon sign="park" className="huge" />
          <div>
            <p>{t('return_full')}</p>
            <small>{t('return_full_hint')}</small>
          </div>
        </section>
      )}
      <DockRow lit="free" />
      {!isFull && (
        <ol className="how">
          <li>{t('return_1')}</li>
          <li>{t('return_2')}</li>
          <li>{t('return_3')}</li>
        </ol>
      )}
      {!isFull && free.some((dock) => dock.kind === 'bay') && <p className="also">{t('return_car')}</p>}
    </Frame>
  );
}
