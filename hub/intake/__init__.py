"""The stations' door: enrolment, signed requests, sync, the live link. Facts come in, events go on."""
