/** Which address shows what. Each page is fetched when it is wanted, with the rooms of words that it says. */
import { Suspense, useEffect } from 'react';
import { Navigate, Route, Routes, useLocation } from 'react-router';
import { Empty, Loading } from '../ui/States';
import { Caught } from '../ui/Caught';
import { useAround, useMe } from './context';
import { page } from './page';
import { homeFor } from './sections';

const Network = page(() => import('../pages/network/Network'), 'Network');
const Stations = page(() => import('../pages/stations/Stations'), 'Stations', 'form', 'station');
const Tariffs = page(() => import('../pages/tariffs/Tariffs'), 'Tariffs', 'form', 'business', 'tariffs');
const Tariff = page(() => import('../pages/tariffs/Tariff'), 'Tariff', 'form', 'business', 'tariffs');
const Rental = page(
  () => import('../pages/rentals/Rental'),
  'Rental',
  'form',
  'station',
  'business',
  'books',
  'bills',
);
const lists = () => import('../pages/plain/lists');
// prettier-ignore
const list = (name: 'Rentals' | 'Charging' | 'Fleet' | 'Access' | 'People' | 'Audit' | 'System') =>
  page(lists, name, 'form', 'station', 'business', 'lists', 'bills', 'fleet', 'account');
const Rentals = list('Rentals');
const Charging = list('Charging');
const Fleet = list('Fleet');
const Access = list('Access');
const People = list('People');
const Audit = list('Audit');
const System = list('System');
const Organisations = page(
  () => import('../pages/organisations/Organisations'),
  'Organisations',
  'form',
  'watch',
);
const Mine = page(() => import('../pages/mine/Mine'), 'Mine', 'form', 'business', 'books', 'bills', 'mine');
const Me = page(() => import('../pages/me/Me'), 'Me', 'form', 'business', 'account');
const Payments = page(
  () => import('../pages/payments/Payments'),
  'Payments',
  'form',
  'station',
  'business',
  'lists',
  'books',
  'bills',
  'fleet',
  'account',
);
const Alarms = page(() => import('../pages/alarms/Alarms'), 'Alarms', 'form', 'business', 'watch');
const Alarm = page(() => import('../pages/alarms/Alarm'), 'Alarm', 'form', 'business', 'watch');
const AlarmRules = page(() => import('../pages/alarms/AlarmRules'), 'AlarmRules', 'form', 'watch');
const Cases = page(() => import('../pages/cases/Cases'), 'Cases', 'form', 'business');
const Case = page(() => import('../pages/cases/Case'), 'Case', 'form', 'business', 'bills');
const Reservations = page(
  () => import('../pages/reservations/Reservations'),
  'Reservations',
  'form',
  'business',
  'books',
);
const Demand = page(() => import('../pages/demand/Demand'), 'Demand', 'form', 'business', 'balance');
const Found = page(() => import('../pages/checklists/Found'), 'Found', 'form', 'business', 'balance');
const Asked = page(() => import('../pages/checklists/Asked'), 'Asked', 'form', 'desk', 'balance');
const NewChecklist = page(
  () => import('../pages/checklists/Edit'),
  'NewChecklist',
  'form',
  'desk',
  'balance',
);
const EditChecklist = page(
  () => import('../pages/checklists/Edit'),
  'EditChecklist',
  'form',
  'desk',
  'balance',
);
const Plans = page(() => import('../pages/balance/Plans'), 'Plans', 'form', 'business', 'balance');
const Plan = page(() => import('../pages/balance/Plan'), 'Plan', 'form', 'business', 'balance');
const Tasks = page(() => import('../pages/balance/Tasks'), 'Tasks', 'form', 'balance');
const Task = page(() => import('../pages/balance/Task'), 'Task', 'form', 'business', 'balance');
const Vehicle = page(() => import('../pages/fleet/Vehicle'), 'Vehicle', 'form', 'business', 'fleet');
const VehicleType = page(
  () => import('../pages/fleet/VehicleType'),
  'VehicleType',
  'form',
  'business',
  'fleet',
);
const Person = page(() => import('../pages/people/Person'), 'Person', 'form', 'business', 'account');
const ChargingSession = page(
  () => import('../pages/things/ChargingSession'),
  'ChargingSession',
  'form',
  'business',
  'bills',
);
const Station = page(
  () => import('../pages/station/Station'),
  'Station',
  'form',
  'station',
  'business',
  'desk',
  'balance',
);

export function Pages() {
  const me = useMe();
  const { pathname } = useLocation();
  const home = homeFor(new Set(me.permissions));
  return (
    <Caught key={pathname}>
      <Suspense fallback={<Loading rows={6} />}>
        <Routes>
          <Route
            path="/"
            element={home === undefined ? <Mine /> : <Navigate to={`/${home.path}`} replace />}
          />
          <Route path="/network" element={<Network />} />
          <Route path="/stations" element={<Stations />} />
          <Route path="/stations/:stationId" element={<Station />} />
          <Route path="/stations/:stationId/demand" element={<Demand />} />
          <Route path="/tariffs" element={<Tariffs />} />
          <Route path="/tariffs/:tariffId" element={<Tariff />} />
          <Route path="/rentals" element={<Rentals />} />
          <Route path="/rentals/:rentalId" element={<Rental />} />
          <Route path="/reservations" element={<Reservations />} />
          <Route path="/charging" element={<Charging />} />
          <Route path="/charging/:sessionId" element={<ChargingSession />} />
          <Route path="/fleet" element={<Fleet />} />
          <Route path="/fleet/types" element={<Fleet />} />
          <Route path="/fleet/types/:typeId" element={<VehicleType />} />
          <Route path="/fleet/:vehicleId" element={<Vehicle />} />
          <Route path="/checklists" element={<Found />} />
          <Route path="/checklists/asked" element={<Asked />} />
          <Route path="/checklists/asked/:listKey" element={<EditChecklist />} />
          <Route path="/checklists/new" element={<NewChecklist />} />
          <Route path="/balance" element={<Plans />} />
          <Route path="/balance/plans/:planId" element={<Plan />} />
          <Route path="/balance/tasks" element={<Tasks />} />
          <Route path="/balance/tasks/:taskId" element={<Task />} />
          <Route path="/alarms" element={<Alarms />} />
          <Route path="/alarms/rules" element={<AlarmRules />} />
          <Route path="/alarms/:alarmId" element={<Alarm />} />
          <Route path="/cases" element={<Cases />} />
          <Route path="/cases/:caseId" element={<Case />} />
          <Route path="/payments/*" element={<Payments />} />
          <Route path="/people" element={<People />} />
          <Route path="/people/staff" element={<People />} />
          <Route path="/people/:accountId" element={<Person />} />
          <Route path="/access/*" element={<Access />} />
          <Route path="/audit" element={<Audit />} />
          <Route path="/system/*" element={<System />} />
          <Route path="/organisations" element={<Organisations />} />
          <Route path="/mine" element={<Mine />} />
          <Route path="/me" element={<Me />} />
          <Route path="*" element={<NoPage />} />
        </Routes>
      </Suspense>
    </Caught>
  );
}

function NoPage() {
  const { t } = useAround();
  useEffect(() => {
    document.title = `${t('no_page')} · Voltdock`;
  }, [t]);
  return (
    <Empty icon="search" title={t('no_page')}>
      <p>{t('no_page_do')}</p>
    </Empty>
  );
}
