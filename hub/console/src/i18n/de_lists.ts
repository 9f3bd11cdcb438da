/** The words of plain lists; in German. */
import type { lists as english } from './en_lists';

export const lists: Readonly<Record<keyof typeof english, string>> = {
  ra_action_export: 'Exportieren',
  ra_action_add_filter: 'Filter hinzufügen',
  ra_action_remove_filter: 'Filter entfernen',
  ra_action_remove_all_filters: 'Alle Filter entfernen',
  ra_action_clear_input_value: 'Leeren',
  ra_action_close: 'Schließen',
  ra_action_search: 'Suchen',
  ra_action_search_columns: 'Spalten suchen',
  ra_action_select_columns: 'Spalten',
  ra_navigation_page_rows_per_page: 'Zeilen je Seite:',
  ra_navigation_partial_page_range_info: '{offsetBegin}–{offsetEnd} von mehr als {offsetEnd}',
  ra_navigation_page_range_info: '{offsetBegin}–{offsetEnd} von {total}',
  ra_navigation_next: 'Nächste Seite',
  ra_navigation_previous: 'Vorige Seite',
  ra_navigation_first: 'Erste Seite',
  ra_navigation_last: 'Letzte Seite',
  ra_navigation_no_results: 'Nichts gefunden',
  ra_navigation_no_filtered_results: 'Nichts passt zu diesen Filtern.',
  ra_navigation_clear_filters: 'Filter leeren',
  ra_page_error: 'Etwas ist schiefgegangen',
  ra_page_loading: 'Wird geladen',
  ra_notification_http_error: 'Die Zentrale hat abgelehnt',

  audit_verify: 'Protokoll prüfen',
  audit_verify_what:
    'Rechnet jeden Eintrag nach. Was geändert oder entfernt wurde, wird gefunden und mit seiner Nummer genannt.',
  audit_noted: 'Früher notierter Kopf',
  audit_noted_help:
    'Leer oder NUMMER:HASH. Ein am Ende gekürztes Protokoll ist in sich heil; Ihre Notiz findet auch das.',
  audit_noted_wrong: 'Eine Nummer, ein Doppelpunkt und 64 Zeichen aus 0–9 und a–f.',
  audit_checked: '{count, plural, one {# Eintrag stimmt} other {# Einträge stimmen}}',
  audit_intact: 'wie geschrieben',
  audit_broken: 'nicht wie geschrieben',
  audit_changed: 'Eintrag {number} wurde geändert. Datenbank so lassen und den Verantwortlichen melden.',
  audit_missing: 'Eintrag {number} fehlt. Datenbank so lassen und den Verantwortlichen melden.',
  audit_head: 'Notieren Sie diesen Kopf anderswo; damit lässt sich das Protokoll später beweisen',
};
