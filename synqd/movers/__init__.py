"""What moves work along: each mover is one loop of turns, and no mover knows another one."""
