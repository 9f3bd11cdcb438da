/** A secret that is shown this once: whole, to be copied, and said to be so. */
import { useState } from 'react';
import { useAround } from '../app/context';
import { Icon } from './Icon';

interface OnceProps {
  readonly label: string;
  readonly secret: string;
  readonly isBlock?: boolean;
}

export function Once({ label, secret, isBlock = false }: OnceProps) {
  const { t } = useAround();
  const [isCopied, setCopied] = useState(false);
  const copy = () => {
    navigator.clipboard.writeText(secret).then(
      () => setCopied(true),
      () => setCopied(false), // the browser refused: the text stands there to be marked by hand
    );
  };
  return (
    <div className="once">
      <p className="label">{label}</p>
      <pre className={isBlock ? 'once-text block' : 'once-text'} data-testid="once">
        {secret}
      </pre>
      {'clipboard' in navigator && (
        <button type="button" className="button" onClick={copy}>
          <Icon name={isCopied ? 'check' : 'copy'} size={16} />
          <span role="status">{isCopied ? t('copied') : t('copy')}</span>
        </button>
      )}
    </div>
  );
}
