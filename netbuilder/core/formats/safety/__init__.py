"""Read files from elsewhere as plain data and check them before Keras sees them."""
