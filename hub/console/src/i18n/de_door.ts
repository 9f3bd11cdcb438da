/** Die Wörter der Tür auf Deutsch. */
export const door = {
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
