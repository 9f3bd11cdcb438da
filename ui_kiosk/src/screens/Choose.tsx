/** Which vehicle? What is not for you says why, in its dock. */
import { useKiosk } from '../app/context';
import { DockRow } from '../ui/DockRow';
import { bestDock } from '../ui/docks';
import { Frame } from '../ui/Frame';
import { Answer } from '../ui/Press';

export function Choose() {
  const { view, state, t, f, tell, press } = useKiosk();
  const best = bestDock(view);
  const busy = state.waiting === 'quote' ? t('one_moment') : undefined;
  const choose = (dockNo: number) => {
    tell({ on: 'choose', dockNo });
  };
  const note = best?.vehicle && {
    vehicle: t(best.vehicle.kind),
    soc: best.vehicle.soc_pct === null ? '–' : f.percent(best.vehicle.soc_pct),
    km: best.vehicle.range_km === null ? '–' : f.km(best.vehicle.range_km),
  };
  return (
    <Frame
      name="choose"
      step={1}
      title={t(state.who === null ? 'choose_title' : 'choose_title_known')}
      hint={best === undefined ? t('choose_none') : t('choose_hint')}
      answers={
        <>
          {best !== undefined && note && (
            <Answer
              id="choose-best"
              tone="volt"
              title={t('choose_best', { dock: best.dock_no })}
              note={t('choose_best_note', note)}
              busy={busy}
              onPress={() => {
                choose(best.dock_no);
              }}
            />
          )}
          {state.who === null && (
            <Answer
              id="booked"
              title={t('choose_booked')}
              note={t('choose_booked_note')}
              onPress={press('booked')}
            />
          )}
        </>
      }
    >
      <DockRow lit="best" onChoose={state.waiting === null ? choose : undefined} />
    </Frame>
  );
}
