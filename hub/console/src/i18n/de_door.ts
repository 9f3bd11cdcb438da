/** The words of the door: signing in, opening an account; in German. */
import type { door as english } from './en_door';

export const door: Readonly<Record<keyof typeof english, string>> = {
  sign_in_title: 'Anmelden',
  sign_in: 'Anmelden',
  sign_in_again: 'Bitte erneut anmelden',
  sign_in_again_why: 'Ihre Sitzung ist abgelaufen. Ihre Eingaben sind noch da.',
  email_missing: 'Bitte die E-Mail-Adresse eingeben.',
  password_missing: 'Bitte das Passwort eingeben.',
  password_wrong: 'Adresse und Passwort gehören nicht zusammen.',
  locked_out: 'Zu viele falsche Passwörter. Nächster Versuch in {span}, um {time}.',
  language: 'Sprache',

  password_forgotten: 'Passwort vergessen?',
  sign_in_by: 'Anmelden mit {name}',
  factor_title: 'Noch ein Schritt',
  factor_how: 'Geben Sie die sechs Ziffern ein, die Ihre Authenticator-App für Voltdock zeigt.',
  recovery_how: 'Geben Sie einen der Codes ein, die Sie dafür aufbewahrt haben. Jeder gilt einmal.',
  recovery_code: 'Wiederherstellungscode',
  factor_instead: 'Doch die Authenticator-App benutzen',
  recovery_instead: 'Stattdessen einen Wiederherstellungscode',
  factor_other_account: 'Anderes Konto',

  try_later: 'Zu viele Anfragen. Nächster Versuch in {span}, um {time}.',
  register: 'Konto eröffnen',
  register_instead: 'Noch kein Konto? Hier eröffnen',
  register_what: 'Um Fahrzeuge zu mieten. Eine Mail bestätigt Ihre Adresse; danach können Sie sich anmelden.',
  register_with: 'Beim Betreiber {slug}.',
  register_password_help: 'Mindestens 10 Zeichen. Mehrere Wörter hintereinander merken sich leicht.',
  register_sent_title: 'Bitte in die Mail schauen',
  register_sent:
    'Wir haben an {email} geschrieben. Öffnen Sie den Link in dieser Mail innerhalb eines Tages, dann gibt es Ihr Konto.',
  register_sent_known: 'Hatten Sie schon ein Konto, steht das in der Mail, und wie Sie wieder hineinkommen.',
  register_sent_none: 'Keine Mail? Vielleicht liegt sie im Spam, oder die Adresse oben stimmt nicht.',
  register_again: 'Noch einmal schicken',
  register_sent_again: 'Noch einmal geschickt.',
  register_other_address: 'Andere Adresse nehmen',
  register_sign_in: 'Zur Anmeldung',
  name_missing: 'Bitte den Namen eingeben.',
  password_new_missing: 'Bitte ein Passwort wählen.',
};
