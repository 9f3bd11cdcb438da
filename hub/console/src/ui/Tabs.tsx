/** Lists that belong together, beside each other, each with its own address. */
import { NavLink } from 'react-router';

interface Tab {
  readonly to: string;
  readonly name: string;
  readonly isExact: boolean;
}

export function Tabs({ tabs }: { readonly tabs: readonly Tab[] }) {
  return (
    <nav className="tabs">
      {tabs.map((one) => (
        <NavLink key={one.to} to={one.to} end={one.isExact}>
          {one.name}
        </NavLink>
      ))}
    </nav>
  );
}
