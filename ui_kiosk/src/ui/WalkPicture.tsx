/** The row of docks with the one that is open, and the way there. */
import { useKiosk } from '../app/context';
import { perRow } from './docks';
import { Icon } from './icons';

export function WalkPicture({ dockNo, isOpen }: { readonly dockNo: number; readonly isOpen: boolean }) {
  const { view, prefs, t } = useKiosk();
  const columns = perRow(view.docks.length, 12);
  const from = view.docks.findIndex((dock) => dock.dock_no === prefs.atDock);
  const to = view.docks.findIndex((dock) => dock.dock_no === dockNo);
  const isOneRow = columns === view.docks.length;
  return (
    <div className="walk" aria-hidden="true">
      <div
        className="walk-docks"
        style={{ gridTemplateColumns: `repeat(${String(columns)}, minmax(0, 1fr))` }}
      >
        {view.docks.map((dock) => (
          <div
            key={dock.dock_no}
            className={`walk-dock ${dock.dock_no === dockNo ? 'this' : ''} ${dock.state}`}
          >
            {dock.dock_no === dockNo && isOpen && <Icon sign="down" className="walk-arrow" />}
            <span>{dock.dock_no}</span>
          </div>
        ))}
      </div>
      {isOneRow && from >= 0 && to >= 0 && from !== to && (
        <Way from={from} to={to} count={columns} you={t('you')} />
      )}
    </div>
  );
}

interface WayProps {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly you: string;
}

function Way({ from, to, count, you }: WayProps) {
  const at = (index: number) => ((index + 0.5) / count) * 100;
  const [left, right] = from < to ? [at(from), at(to)] : [at(to), at(from)];
  return (
    <div
      className={`walk-way ${from < to ? 'to-right' : 'to-left'}`}
      style={{ marginLeft: `${String(left)}%`, width: `${String(right - left)}%` }}
    >
      <span>{you}</span>
      <i />
      <Icon sign={from < to ? 'forward' : 'back'} />
    </div>
  );
}
