"""What is on the screen, one file per thing."""
