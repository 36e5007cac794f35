"""Training history, the monitor and its rules, Keras callbacks: none changes how a step is
computed."""
