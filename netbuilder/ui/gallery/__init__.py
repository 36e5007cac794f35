"""The start page with examples, lessons and recent files; the glossary's drawings; the help."""
