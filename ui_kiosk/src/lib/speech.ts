/** Reading aloud, where the screen's browser has a voice. */
import { localeOf, type Lang } from './format';

export function canSpeak(): boolean {
  return 'speechSynthesis' in window && 'SpeechSynthesisUtterance' in window;
}

export function speak(text: string, lang: Lang): void {
  if (!canSpeak()) return;
  const said = new SpeechSynthesisUtterance(text);
  said.lang = localeOf(lang);
  window.speechSynthesis.cancel();
  window.speechSynthesis.speak(said);
}

export function hush(): void {
  if (canSpeak()) window.speechSynthesis.cancel();
}
