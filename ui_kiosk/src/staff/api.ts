/** The staff's half of the agent's API as typed calls. Every call rejects with Refusal or Unreachable, nothing else. */
import { callJson, type Method } from '../api/client';
import type {
  ChecklistDoneView,
  ChecklistsView,
  PhotoView,
  SignIn,
  StaffActView,
  StaffChecklist,
  StaffDockAct,
  StaffEnd,
  StaffRent,
  StaffRidesView,
  StaffSessionView,
  StaffStationView,
  StaffVehiclesView,
  StationView,
} from '../api/types';
import type { Deed } from './deeds';

export interface StaffApi {
  /** What everybody may see: where we are, and whether a card was just held to a dock. */
  view(): Promise<StationView>;
  signIn(by: SignIn): Promise<StaffSessionView>;
  with(token: string): SignedIn;
}

export interface SignedIn {
  stay(): Promise<StaffSessionView>;
  signOut(): Promise<void>;
  station(): Promise<StaffStationView>;
  rides(): Promise<StaffRidesView>;
  vehicles(label: string): Promise<StaffVehiclesView>;
  onDock(dockNo: number, deed: Deed, act: StaffDockAct): Promise<StaffActView>;
  rent(act: StaffRent): Promise<StaffActView>;
  end(rentalId: string, act: StaffEnd): Promise<StaffActView>;
  checklists(lang: string): Promise<ChecklistsView>;
  fill(key: string, filled: StaffChecklist): Promise<ChecklistDoneView>;
  addPhoto(picture: Blob): Promise<PhotoView>;
  view(): Promise<StationView>;
}

export function httpStaffApi(origin = ''): StaffApi {
  const base = `${origin}/api/staff`;
  return {
    view: () => callJson('GET', `${origin}/api/view`),
    signIn: (by) => callJson('POST', `${base}/sessions`, by),
    with: (token) => {
      const call = <T>(method: Method, path: string, body?: unknown) =>
        callJson<T>(method, base + path, body, { Authorization: `Bearer ${token}` });
      return {
        stay: () => call('POST', '/sessions/stay'),
        signOut: () => call('DELETE', '/sessions'),
        station: () => call('GET', '/station'),
        rides: () => call('GET', '/rentals'),
        vehicles: (label) => call('GET', `/vehicles?label=${encodeURIComponent(label)}`),
        onDock: (dockNo, deed, act) => call('POST', `/docks/${dockNo}/${deed}`, act),
        rent: (act) => call('POST', '/rentals', act),
        checklists: (lang) => call('GET', `/checklists?lang=${lang}`),
        fill: (key, filled) => call('POST', `/checklists/${encodeURIComponent(key)}`, filled),
        addPhoto: (picture) => call('POST', '/photos', picture),
        view: () => callJson('GET', `${origin}/api/view`),
        end: (rentalId, act) => call('POST', `/rentals/${encodeURIComponent(rentalId)}/end`, act),
      };
    },
  };
}
