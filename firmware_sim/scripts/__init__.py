"""Stories that the demo plays by itself, and the proof at their end that nothing was lost, doubled or made up."""
