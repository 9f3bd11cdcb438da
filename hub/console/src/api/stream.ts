/** The hub's stream of stations' states: read as the body of a fetch, for an EventSource cannot send a token. */
import { EventReader, type StreamEvent } from '../lib/sse';
import { Unreachable, problemOf } from './client';

/** The hub says how far it is every 5 s; a line that says nothing for so long is dead, whatever TCP believes. */
const SILENCE_MS = 20_000;

export interface Listening {
  readonly signal: AbortSignal;
  /** The last event's id that was heard; from there it goes on. */
  readonly after: string | null;
  readonly opened: () => void;
  readonly heard: (event: StreamEvent) => void;
}

/** Listens until the stream ends. Rejects with Refusal or Unreachable, and with AbortError when the caller gave up. */
export async function listen(path: string, token: string, listening: Listening): Promise<void> {
  const silence = new AbortController();
  const signal = AbortSignal.any([listening.signal, silence.signal]);
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const answer = await fetch(path, {
      cache: 'no-store',
      headers: headersOf(token, listening.after),
      signal,
    });
    if (!answer.ok || answer.body === null) throw await problemOf(answer, path);
    listening.opened();
    const reader = new EventReader();
    const letters = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await letters.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      reader.take(value).forEach(listening.heard);
    }
  } catch (error) {
    if (silence.signal.aborted) throw new Unreachable(`${path}: silent`);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function headersOf(token: string, after: string | null): Record<string, string> {
  const headers = { Accept: 'text/event-stream', Authorization: `Bearer ${token}` };
  return after === null ? headers : { ...headers, 'Last-Event-ID': after };
}
