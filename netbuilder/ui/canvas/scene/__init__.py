"""Cards, wires, geometry and hit testing: values and pure functions without widgets."""
