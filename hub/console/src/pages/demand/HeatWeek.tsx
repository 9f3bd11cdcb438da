/** A week as a grid: hours down, days across, each cell its number and as deep as it is high. It is a table for everybody. */
import { useAround } from '../../app/context';
import { depthOf, type Cell, type Week } from '../../lib/demand';
import { localeOf } from '../../lib/format';

const MONDAY = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;
/** Below so many rides an hour one decimal would say nothing. */
const FEW = 0.5;

interface HeatWeekProps {
  readonly week: Week;
  readonly label: string;
  /** Counts rather than means. */
  readonly isWhole: boolean;
}

export function HeatWeek({ week, label, isWhole }: HeatWeekProps) {
  const { t, f, prefs } = useAround();
  const days = dayNames(localeOf(prefs.lang));
  const digits = isWhole ? 0 : week.most < FEW ? 2 : 1;
  const said = (value: Cell) => (value === null ? '–' : f.number(value, digits));
  const clock = (hour: number) => `${two(hour)}:${two(week.minute)}`;
  const { peak } = week;
  return (
    <>
      {peak !== null && (
        <p className="heat-peak" data-testid="peak">
          {t('demand_peak', { day: days[peak.day] ?? '', time: clock(peak.hour), rides: said(week.most) })}
        </p>
      )}
      <table className="heat" data-testid="heat">
        <caption className="sr-only">{label}</caption>
        <thead>
          <tr>
            <th scope="col">
              <span className="sr-only">{t('demand_hour')}</span>
            </th>
            {days.map((day) => (
              <th key={day} scope="col">
                {day}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {week.hours.map((row, hour) => (
            <tr key={clock(hour)}>
              <th scope="row">{clock(hour)}</th>
              {row.map((value, day) => (
                <td key={days[day]} className={`heat-${String(depthOf(value, week.most))}`}>
                  {said(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
        {!isWhole && (
          <tfoot>
            <tr>
              <th scope="row">{t('demand_day')}</th>
              {week.days.map((sum, day) => (
                <td key={days[day]}>{said(sum)}</td>
              ))}
            </tr>
          </tfoot>
        )}
      </table>
    </>
  );
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function dayNames(locale: string): readonly string[] {
  const format = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' });
  return Array.from({ length: 7 }, (_, day) => format.format(MONDAY + day * DAY_MS));
}
