/** The words of the door in English: opening an account, and what somebody finds who only rents. */
export const door = {
  try_later: 'Too many requests. Try again in {span}, at {time}.',
  register: 'Open an account',
  register_instead: 'No account yet? Open one',
  register_what: 'For renting vehicles. A mail confirms your address; then you can sign in.',
  register_with: 'With the operator {slug}.',
  register_password_help: 'At least 10 characters. Several words in a row are easy to keep in mind.',
  register_sent_title: 'Look into your mail',
  register_sent:
    'We have written to {email}. Press the link in that mail within a day; then your account is there.',
  register_sent_known: 'If you had an account already, the mail says so, and how to get back into it.',
  register_sent_none: 'No mail? Look among the spam, and whether the address above is right.',
  register_again: 'Send it again',
  register_sent_again: 'Sent once more.',
  register_other_address: 'Use another address',
  register_sign_in: 'To the sign-in',
  name_missing: 'Type your name.',
  password_new_missing: 'Choose a password.',
} as const;
