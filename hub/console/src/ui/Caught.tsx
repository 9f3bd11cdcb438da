/** Keeps a broken page from taking the rest with it: the left side and the top stay, and the page may be tried again. */
import { Component, type ReactNode } from 'react';
import { Failure } from './States';

interface CaughtState {
  readonly error: Error | null;
}

export class Caught extends Component<{ readonly children: ReactNode }, CaughtState> {
  override state: CaughtState = { error: null };

  static getDerivedStateFromError(error: Error): CaughtState {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    return <Failure error={this.state.error} again={() => this.setState({ error: null })} />;
  }
}
