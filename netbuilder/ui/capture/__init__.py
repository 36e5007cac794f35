"""The window that collects samples by camera or microphone, and trains on them."""
