/** Die Wörter dessen, was Betreiber festlegen: Checklisten, Reserven, Ausweise. */
export const desk = {
  list_new: 'Neue Checkliste',
  list_make: 'Anlegen',
  list_edit: 'Ändern',
  list_first:
    'Ab dieser fragen die Stationen nur noch, was hier angelegt ist. Die eingebauten Checklisten werden wieder gefragt, sobald sie übernommen sind.',
  field_list_title: 'Titel',
  field_about: 'Worüber',
  about_station: 'die Station',
  about_dock: 'ein Dock',
  about_vehicle: 'ein Fahrzeug',
  field_key: 'Kurzname',
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
  field_answer: 'Antwort',
  field_unit: 'Einheit',
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
  problem_checklist_exists: 'Es gibt schon eine Checkliste mit diesem Kurznamen.',
  problem_checklist_exists_do: 'Bitte anders nennen, oder die vorhandene ändern.',
  rule_string_pattern_mismatch_key: 'Kleine Buchstaben, Ziffern und _; zuerst ein Buchstabe.',
} as const;
