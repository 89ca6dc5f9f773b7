"""When something is tried again: rests, breakers and rates; pure deciders without a clock of their own."""
