/** A page's head: its name (also the document's), a line under it, and what can be done. */
import { useEffect, type ReactNode } from 'react';

interface HeadProps {
  readonly title: string;
  readonly under?: ReactNode;
  readonly children?: ReactNode;
}

export function Head({ title, under, children }: HeadProps) {
  useEffect(() => {
    document.title = `${title} · Voltdock`;
  }, [title]);
  return (
    <div className="head">
      <div className="head-words">
        <h1>{title}</h1>
        {under !== undefined && <div className="head-under">{under}</div>}
      </div>
      {children !== undefined && <div className="head-acts">{children}</div>}
    </div>
  );
}

interface CardProps {
  readonly title?: ReactNode;
  readonly aside?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
  readonly testId?: string;
}

/** A card with its title left and what belongs to it right. */
export function Card({ title, aside, className, children, testId }: CardProps) {
  return (
    <section className={className === undefined ? 'card' : `card ${className}`} data-testid={testId}>
      {title !== undefined && (
        <div className="card-head">
          <h2>{title}</h2>
          {aside}
        </div>
      )}
      {children}
    </section>
  );
}
