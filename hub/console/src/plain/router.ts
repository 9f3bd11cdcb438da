/**
 * What react-admin takes of the router (`vite.config.ts` gives it this file): it stands inside our own, so that a router
 * of its own, with loaders, fetchers and blockers, never comes up, and need not be in the first load.
 */
export {
  Link,
  matchPath,
  Navigate,
  Outlet,
  Route,
  Routes,
  UNSAFE_DataRouterContext,
  UNSAFE_DataRouterStateContext,
  useInRouterContext,
  useLocation,
  useMatch,
  useNavigate,
  useParams,
} from 'react-router';

function absent(): never {
  throw new Error("react-admin stands inside the console's own router");
}

export {
  absent as createHashRouter,
  absent as createMemoryRouter,
  absent as RouterProvider,
  absent as useBlocker,
};
