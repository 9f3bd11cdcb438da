/** Every screen but the first, in one file of its own: fetched while somebody still looks at the start screen. */
import { useKiosk } from '../app/context';
import { Bill } from './Bill';
import { Charge } from './Charge';
import { Choose } from './Choose';
import { Code } from './Code';
import { GiveBack } from './GiveBack';
import { Help } from './Help';
import { Identify } from './Identify';
import { Park } from './Park';
import { Price } from './Price';
import { Refused } from './Refused';
import { Rental } from './Rental';

export default function Rest() {
  const { state } = useKiosk();
  const { screen } = state;
  if (state.help) return <Help />;
  switch (screen.name) {
    case 'start':
      return null;
    case 'choose':
      return <Choose />;
    case 'identify':
      return <Identify />;
    case 'code':
      return <Code />;
    case 'price':
      return <Price quote={screen.quote} />;
    case 'rental':
      return <Rental rental={screen.rental} />;
    case 'return':
      return <GiveBack />;
    case 'park':
      return <Park handback={screen.handback} />;
    case 'bill':
      return <Bill receipt={screen.receipt} />;
    case 'charge':
      return <Charge />;
    case 'refused':
      return <Refused problem={screen.problem} next={screen.next} />;
  }
}
