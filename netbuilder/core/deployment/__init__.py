"""What an administrator sets up: the offline kit and a site's settings."""
