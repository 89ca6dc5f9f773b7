"""What any process needs to run: clock, log, signals, lock, systemd and the loops of the movers."""
