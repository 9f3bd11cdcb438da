/** Which address shows what. Each page is fetched when it is wanted; the home page comes first, the rest when it is quiet. */
import { lazy, Suspense, useEffect, type ComponentType } from 'react';
import { Navigate, Route, Routes, useLocation } from 'react-router';
import { Empty, Loading } from '../ui/States';
import { Caught } from '../ui/Caught';
import { useAround, useMe } from './context';
import { homeFor } from './sections';

function page<K extends string>(load: () => Promise<Record<K, ComponentType>>, name: K) {
  return lazy(() => load().then((module) => ({ default: module[name] })));
}

const Network = page(() => import('../pages/network/Network'), 'Network');
const Stations = page(() => import('../pages/stations/Stations'), 'Stations');
const Tariffs = page(() => import('../pages/tariffs/Tariffs'), 'Tariffs');
const Tariff = page(() => import('../pages/tariffs/Tariff'), 'Tariff');
const Rental = page(() => import('../pages/rentals/Rental'), 'Rental');
const lists = () => import('../pages/plain/lists');
const Rentals = page(lists, 'Rentals');
const Charging = page(lists, 'Charging');
const Fleet = page(lists, 'Fleet');
const Access = page(lists, 'Access');
const People = page(lists, 'People');
const Audit = page(lists, 'Audit');
const System = page(lists, 'System');
const Organisations = page(() => import('../pages/organisations/Organisations'), 'Organisations');
const Mine = page(() => import('../pages/mine/Mine'), 'Mine');
const Me = page(() => import('../pages/me/Me'), 'Me');
const Payments = page(() => import('../pages/payments/Payments'), 'Payments');
const Alarms = page(() => import('../pages/alarms/Alarms'), 'Alarms');
const Alarm = page(() => import('../pages/alarms/Alarm'), 'Alarm');
const AlarmRules = page(() => import('../pages/alarms/AlarmRules'), 'AlarmRules');
const Cases = page(() => import('../pages/cases/Cases'), 'Cases');
const Case = page(() => import('../pages/cases/Case'), 'Case');
const Reservations = page(() => import('../pages/reservations/Reservations'), 'Reservations');
const Demand = page(() => import('../pages/demand/Demand'), 'Demand');
const Found = page(() => import('../pages/checklists/Found'), 'Found');
const Asked = page(() => import('../pages/checklists/Asked'), 'Asked');
const NewChecklist = page(() => import('../pages/checklists/Edit'), 'NewChecklist');
const EditChecklist = page(() => import('../pages/checklists/Edit'), 'EditChecklist');
const Plans = page(() => import('../pages/balance/Plans'), 'Plans');
const Plan = page(() => import('../pages/balance/Plan'), 'Plan');
const Tasks = page(() => import('../pages/balance/Tasks'), 'Tasks');
const Task = page(() => import('../pages/balance/Task'), 'Task');
const Vehicle = page(() => import('../pages/fleet/Vehicle'), 'Vehicle');
const VehicleType = page(() => import('../pages/fleet/VehicleType'), 'VehicleType');
const Person = page(() => import('../pages/people/Person'), 'Person');
const ChargingSession = page(() => import('../pages/things/ChargingSession'), 'ChargingSession');
const Station = page(() => import('../pages/station/Station'), 'Station');

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
