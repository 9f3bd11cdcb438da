/** Die Wörter dessen, was Betreiber festlegen: Checklisten, Reserven, Ausweise. */
import type { desk as english } from './en_desk';

export const desk: Readonly<Record<keyof typeof english, string>> = {
  list_new: 'Neue Checkliste',
  list_make: 'Anlegen',
  list_edit: 'Ändern',
  list_first:
    'Ab dieser fragen die Stationen nur noch, was hier angelegt ist. Die eingebauten Checklisten werden wieder gefragt, sobald sie übernommen sind.',
  about_station: 'die Station',
  about_dock: 'ein Dock',
  about_vehicle: 'ein Fahrzeug',
  key_help:
    'Kleine Buchstaben, Ziffern und _. Darunter wird gefunden, was ausgefüllt wurde; er bleibt, wie er ist.',
  questions: 'Fragen',
  questions_count: '{count, plural, one {# Frage} other {# Fragen}}',
  question_number: 'Frage {number}',
  question_up: 'Frage {number} weiter nach oben',
  question_down: 'Frage {number} weiter nach unten',
  question_remove: 'Ohne Frage {number}',
  question_add: 'Frage hinzufügen',
  question_back: 'Entfernte Frage zurückholen',
  asked_needed: 'Muss beantwortet werden',
  asked_with_photo: 'Ein Bild hilft hier',
  built_in: 'Eingebaut',
  built_in_asked: 'wird gefragt',
  built_in_not: 'wird nicht gefragt',
  built_in_asked_what:
    'Solange hier keine Checkliste angelegt ist, fragen die Stationen diese. Ab der ersten fragen sie nur noch, was hier angelegt ist.',
  built_in_not_what:
    'Die Stationen fragen nur, was oben steht. Was von hier übernommen wird, fragen sie wieder.',
  built_in_take: 'Übernehmen',
  policy_share: '{count}, mindestens {share}',
  policy_change: 'Ändern',
  policy_title: 'Was in {station} bleiben muss',
  policy_safe: 'Mindestzahlen',
  policy_walk_ins: 'Ohne Buchung',
  policy_ahead: 'Im Voraus gehalten',
  policy_old_agent: 'Ihr Agent hält noch nichts im Voraus.',
  policy_now:
    'geladen und frei {count, plural, =0 {ist jetzt keines} one {ist jetzt #} other {sind jetzt #}}',
  policy_why_kind:
    'Nach einer weiteren Buchung {left, plural, one {bliebe #} other {blieben #}}; {needed, plural, one {# muss} other {# müssen}} bleiben.',
  policy_why_all:
    'Nach einer weiteren Buchung {left, plural, one {bliebe #} other {blieben #}} von allen Arten zusammen; {needed, plural, one {# ist} other {# sind}} für Leute ohne Buchung.',
  policy_how:
    'Die Mindestzahl sagt, wie viele geladene Fahrzeuge einer Art für Leute ohne Buchung bleiben: Darunter wird nichts mehr gebucht, was binnen eines Tages beginnt. Gehalten wird, was die Station für kommende Buchungen zurücklegt, damit sie sofort bestätigt sind. Leer heißt: keines.',
  policy_share_how: 'Von allen Arten zusammen bleibt das Größere von beiden.',
};
