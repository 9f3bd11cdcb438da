/** A button that opens a short list of choices; arrows move in it, Escape and a press elsewhere close it. */
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';

interface MenuProps {
  readonly label: string;
  readonly face: ReactNode;
  readonly children: ReactNode;
}

export function Menu({ label, face, children }: MenuProps) {
  const [isOpen, setOpen] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return undefined;
    items(whole.current)[0]?.focus();
    const onPress = (event: PointerEvent) => {
      if (event.target instanceof Node && whole.current?.contains(event.target) !== true) setOpen(false);
    };
    window.addEventListener('pointerdown', onPress);
    return () => window.removeEventListener('pointerdown', onPress);
  }, [isOpen]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      setOpen(false);
      button.current?.focus();
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      step(items(whole.current), event.key === 'ArrowDown' ? 1 : -1);
    }
  };
  return (
    <div className="menu" ref={whole}>
      <button
        type="button"
        ref={button}
        className="menu-face"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        data-testid="me"
        onClick={() => setOpen(!isOpen)}
      >
        {face}
        <span className="sr-only">{label}</span>
      </button>
      {isOpen && (
        <div className="menu-list" role="menu" aria-label={label} tabIndex={-1} onKeyDown={onKeyDown}>
          {children}
        </div>
      )}
    </div>
  );
}

function items(root: HTMLElement | null): HTMLElement[] {
  return [...(root?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];
}

function step(all: HTMLElement[], by: number): void {
  const at = all.findIndex((one) => one === document.activeElement);
  all[(at + by + all.length) % all.length]?.focus();
}
