"""What the process does beneath the window: libraries, garbage, its own end."""
