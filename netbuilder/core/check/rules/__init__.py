"""The rules, one file per subject; ``diagnostics`` runs them."""
