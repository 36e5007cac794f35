"""From files to raw samples: dialects, encodings, tables, pictures, sounds, caches."""
