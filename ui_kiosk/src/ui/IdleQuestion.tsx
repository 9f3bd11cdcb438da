/** Are you still there? Seen and, where one listens, heard; one press keeps everything as it is. */
import { useKiosk } from '../app/context';
import { Answer } from './Press';
import { Sheet } from './Sheet';

interface IdleQuestionProps {
  readonly secondsLeft: number;
  readonly onStay: () => void;
  readonly onLeave: () => void;
}

export default function IdleQuestion({ secondsLeft, onStay, onLeave }: IdleQuestionProps) {
  const { t } = useKiosk();
  return (
    <Sheet name="idle" title={t('idle_title')} onClose={onStay}>
      <p role="timer" data-testid="idle-warning">
        {t('idle_text', { count: secondsLeft })}
      </p>
      <Answer id="idle-stay" tone="volt" title={t('idle_stay')} onPress={onStay} />
      <Answer id="idle-leave" title={t('idle_leave')} onPress={onLeave} />
    </Sheet>
  );
}
